//! The secret of a key, from where neither `ps` nor the shell's history sees it: a file, the environment, or a prompt.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// The environment variable that may hold the secret.
pub const SECRET_VARIABLE: &str = "LYCEUM_SECRET";

/// The part of a command line that says with which key to talk to an LRS.
#[derive(Debug, Clone, clap::Args)]
pub struct KeyArguments {
    /// The key (user name) to use with the LRS at the URL
    #[arg(long, env = "LYCEUM_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
    /// A file with the key's secret. Without it the secret is taken from the variable `LYCEUM_SECRET`, or asked for
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
}

impl KeyArguments {
    /// The key and its secret.
    ///
    /// # Errors
    /// When there is no key, or no place to take its secret from.
    pub fn read(&self) -> anyhow::Result<(String, String)> {
        let Some(key) = &self.key else {
            bail!("give the key of the LRS with --key, and its secret in {SECRET_VARIABLE}")
        };
        Ok((key.clone(), self.read_secret(key)?))
    }

    fn read_secret(&self, key: &str) -> anyhow::Result<String> {
        if let Some(path) = &self.secret_file {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
        }
        match std::env::var(SECRET_VARIABLE) {
            Ok(secret) => Ok(secret),
            Err(std::env::VarError::NotUnicode(_)) => bail!("{SECRET_VARIABLE} is not text"),
            Err(std::env::VarError::NotPresent) if std::io::stdin().is_terminal() => prompt(key),
            Err(std::env::VarError::NotPresent) => {
                bail!("there is no secret: set {SECRET_VARIABLE}, or give --secret-file")
            }
        }
    }
}

/// Asks at the terminal, which does not show what is typed.
fn prompt(key: &str) -> anyhow::Result<String> {
    eprint!("Secret of {key}: ");
    std::io::stderr().flush()?;
    let hidden = set_echo("-echo");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if hidden {
        set_echo("echo");
        eprintln!();
    }
    read.context("cannot read the secret")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whether the terminal did as told. Where there is no `stty`, the secret shows while it is typed.
fn set_echo(setting: &str) -> bool {
    let stty = Command::new("stty").arg(setting).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
    stty.is_ok_and(|status| status.success())
}
