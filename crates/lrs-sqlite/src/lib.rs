//! lrs-sqlite
