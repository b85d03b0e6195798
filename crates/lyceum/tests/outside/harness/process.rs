//! Runs a command of the program to its end.

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use super::store::store_of_arguments;

/// The program under test, with an environment that says nothing about it.
pub(super) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// What a command did.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    fn from_output(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("the program prints UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("the program prints UTF-8"),
        }
    }

    /// Fails the test unless the command succeeded.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Fails the test unless the command failed, and said each of `words`.
    #[track_caller]
    pub fn expect_failure(self, words: &[&str]) -> Self {
        assert!(self.code.is_some_and(|code| code != 0), "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is missing in {self:#?}");
        }
        self
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Starts `lyceum` with these arguments and variables, to be killed before its end.
pub fn start_lyceum(arguments: &[&str], environment: &[(&str, &str)]) -> Child {
    let mut command = program();
    command
        .args(arguments)
        .envs(store_of_arguments(arguments))
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// Runs `lyceum` with these arguments.
pub fn lyceum(arguments: &[&str]) -> Finished {
    lyceum_with(arguments, &[], "")
}

/// Runs `lyceum` with these arguments, variables, and text on standard input.
pub fn lyceum_with(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Finished {
    let mut command = program();
    command.args(arguments).envs(store_of_arguments(arguments)).envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_owned();
    // A command that does not read its input closes the pipe; that is its right.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("the program ends");
    feeding.join().expect("feeding a pipe does not panic");
    Finished::from_output(output)
}
