//! What those who run the server meet: start, access, configuration, TLS, observation, stop.

mod access;
mod configuration;
mod data_folder;
mod first_start;
mod help;
mod observation;
mod openid;
mod priority;
mod shutdown;
mod tls;
mod traces;
