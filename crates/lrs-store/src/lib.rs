//! lrs-store
