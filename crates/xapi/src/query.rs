//! Query parameters of every xAPI resource, parsed once into types that cannot be wrong (Communication 2).
//!
//! Every violation is reported at once: what is missing, malformed, unknown, repeated, or does not go together.

mod documents;
mod parameters;
mod statements;

pub use documents::{ActivityProfileParams, AgentProfileParams, StateParams};
pub use parameters::Parameters;
pub use statements::{StatementsParams, StatementsRequest};
