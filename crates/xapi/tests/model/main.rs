//! The data model through its public door: what is accepted, what is refused and why, and what is made of it.

mod activities;
mod agents;
mod completion;
mod equality;
mod formats;
mod hostile;
mod json;
mod real;
mod rules;
mod terms;
