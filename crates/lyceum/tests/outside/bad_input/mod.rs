//! Clients that are slow, endless, wrong or hostile.
