//! Real senders and public client libraries.
