//! The commands that move, check and measure statements.

mod backing_up;
mod benching;
mod commanding;
mod exporting;
mod importing;
mod importing_from;
mod looking_for_trouble;
mod moving;
mod moving_again;
mod moving_people;
mod moving_refusals;
mod over_tls;
