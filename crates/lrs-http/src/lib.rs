//! lrs-http
