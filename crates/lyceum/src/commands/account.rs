//! `lyceum account`: the link for the first account, and who acts at the command line.

use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use lrs_core::{Actor, SystemIds, offer_setup};
use lrs_store::{Clock as _, SystemClock};
use serde_json::json;

use crate::configuration::PlaceArguments;
use crate::first_start::setup_link;
use crate::output::print_json;
use crate::place::{Purpose, open_registry};

/// Arguments of `lyceum account`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lyceum account link\n  lyceum account link --url https://lrs.example.org\n\n\
                  A running server follows at once; it needs no restart.")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print a new one-time link for the first account; an earlier link ends
    Link(LinkArguments),
}

#[derive(Debug, clap::Args)]
struct LinkArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Where browsers reach the server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `lyceum account`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Action::Link(arguments) = arguments.action;
    let registry = open_registry(&arguments.place.settings()?, Purpose::Beside).await?;
    let offered = offer_setup(registry.as_ref(), &SystemIds, SystemClock.now(), &actor()).await?;
    registry.close().await;
    let Some(secret) = offered else { bail!("there are accounts already: ask one of their owners for an invitation") };
    let link = setup_link(arguments.url.trim_end_matches('/'), &secret);
    if arguments.json {
        print_json(&json!({"link": link}))?;
    } else {
        println!("Open this link to make the first account, which owns the server. It works once:\n\n    {link}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever runs this command, for the audit log: as the system knows them, not as their environment says.
#[must_use]
pub fn actor() -> Actor {
    let Ok(process) = std::fs::metadata("/proc/self") else { return Actor::command_line("unknown") };
    let uid = process.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(uid.as_str())).then_some(name)
    });
    Actor::command_line(name.unwrap_or(&uid))
}
