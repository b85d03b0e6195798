//! `lyceum account`: the link for the first account, a new password for one that was lost, and who acts at the command line.

use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use lrs_core::{Actor, AdministrationError, SystemIds, offer_password_reset, offer_setup};
use lrs_store::{Clock as _, Email, SystemClock};
use serde_json::json;

use crate::configuration::PlaceArguments;
use crate::first_start::setup_link;
use crate::output::print_json;
use crate::place::{Purpose, open_registry};

/// Arguments of `lyceum account`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lyceum account link\n  lyceum account link --url https://lrs.example.org\n  \
                  lyceum account reset olga@example.org\n\n\
                  A running server follows at once; it needs no restart.")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print a new one-time link for the first account; an earlier link ends
    Link(LinkArguments),
    /// Print a one-time link by which an account gets a new password; all its sessions end
    Reset(ResetArguments),
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

#[derive(Debug, clap::Args)]
struct ResetArguments {
    /// The account's e-mail address
    #[arg(value_name = "EMAIL")]
    email: String,
    #[command(flatten)]
    link: LinkArguments,
}

/// Runs `lyceum account`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.action {
        Action::Link(arguments) => link(&arguments).await,
        Action::Reset(arguments) => reset(&arguments).await,
    }
}

async fn link(arguments: &LinkArguments) -> anyhow::Result<ExitCode> {
    let registry = open_registry(&arguments.place.settings()?, Purpose::Beside).await?;
    let offered = offer_setup(registry.as_ref(), &SystemIds, SystemClock.now(), &actor()).await?;
    registry.close().await;
    let Some(secret) = offered else { bail!("there are accounts already: ask one of their owners for an invitation") };
    let link = setup_link(arguments.url.trim_end_matches('/'), &secret);
    show_link(arguments, &link, "Open this link to make the first account, which owns the server. It works once:")
}

async fn reset(ResetArguments { email, link: arguments }: &ResetArguments) -> anyhow::Result<ExitCode> {
    let Some(address) = Email::parse(email) else { bail!("{email:?} is not an e-mail address") };
    let registry = open_registry(&arguments.place.settings()?, Purpose::Beside).await?;
    let offered = offer_password_reset(registry.as_ref(), &SystemIds, SystemClock.now(), &actor(), &address).await;
    registry.close().await;
    let secret = match offered {
        Err(AdministrationError::Missing(_)) => bail!("there is no account with the address {}", address.as_str()),
        Err(AdministrationError::Forbidden(_)) => {
            bail!("the account is disabled: an owner of the server must enable it first")
        }
        offered => offered?,
    };
    let link = format!("{}/reset#token={}", arguments.url.trim_end_matches('/'), secret.expose());
    show_link(
        arguments,
        &link,
        "All sessions of the account have ended. Open this link within an hour to set a new password. It \
        works once:",
    )
}

fn show_link(arguments: &LinkArguments, link: &str, meaning: &str) -> anyhow::Result<ExitCode> {
    if arguments.json {
        print_json(&json!({"link": link}))?;
    } else {
        println!("{meaning}\n\n    {link}");
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
