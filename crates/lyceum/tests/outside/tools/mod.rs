//! The commands that move, check and measure statements.
