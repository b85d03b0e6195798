//! Real senders and public client libraries.

mod public;
