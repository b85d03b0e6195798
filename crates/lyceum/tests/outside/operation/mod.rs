//! What those who run the server meet: start, access, configuration, TLS, observation, stop.

mod first_start;
