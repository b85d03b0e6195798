//! lrs-core
