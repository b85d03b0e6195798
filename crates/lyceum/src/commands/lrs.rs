//! `lyceum lrs`: creates, lists and deletes LRSs, beside a running server or without one.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use lrs_store::{Clock as _, LrsName, Registry, SystemClock};
use serde_json::json;

use crate::commands::account::actor;
use crate::configuration::PlaceArguments;
use crate::output::{format_instant, print_json, print_table};
use crate::place::{Purpose, open_registry, place_arguments};

/// Arguments of `lyceum lrs`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  lyceum lrs create physics\n  lyceum lrs list --json\n  lyceum lrs delete physics\n\n\
                  A running server follows at once; it needs no restart."
)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create an empty LRS
    Create(NameArguments),
    /// List the LRSs
    List(Common),
    /// Delete an LRS with its statements, documents, attachments and keys, for good
    Delete(DeleteArguments),
}

/// What every command about LRSs or keys takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
struct NameArguments {
    /// 1 to 63 of a–z, 0–9, - and _, beginning with a letter or digit
    #[arg(value_parser = parse_lrs_name, value_name = "NAME")]
    name: LrsName,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct DeleteArguments {
    #[command(flatten)]
    named: NameArguments,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Runs `lyceum lrs`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.action {
        Action::Create(arguments) => create(arguments).await?,
        Action::List(arguments) => list(&arguments).await?,
        Action::Delete(arguments) => delete(arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the name of an LRS from the command line.
///
/// # Errors
/// What a name looks like.
pub fn parse_lrs_name(text: &str) -> Result<LrsName, String> {
    LrsName::parse(text).ok_or_else(|| "use 1 to 63 of a–z, 0–9, - and _, beginning with a letter or digit".to_owned())
}

async fn create(arguments: NameArguments) -> anyhow::Result<()> {
    let settings = arguments.common.place.settings()?;
    let registry = open_registry(&settings, Purpose::Beside).await?;
    let lrs = registry.create_lrs(&arguments.name).await?;
    record(registry.as_ref(), "lrs.create", &arguments.name).await?;
    registry.close().await;
    if arguments.common.json {
        return print_json(&json!({"name": lrs.name.as_str(), "created": format_instant(lrs.created)}));
    }
    let (name, place) = (lrs.name, place_arguments(&settings));
    println!("Created the LRS {name}. Make a key for it: lyceum key create{place} --lrs {name} --scope all");
    Ok(())
}

async fn list(arguments: &Common) -> anyhow::Result<()> {
    let registry = open_registry(&arguments.place.settings()?, Purpose::Beside).await?;
    let lrss = registry.list_lrss().await?;
    registry.close().await;
    if arguments.json {
        let lrss: Vec<_> =
            lrss.iter().map(|lrs| json!({"name": lrs.name.as_str(), "created": format_instant(lrs.created)})).collect();
        return print_json(&lrss.into());
    }
    let rows: Vec<_> = lrss.iter().map(|lrs| [lrs.name.to_string(), format_instant(lrs.created)]).collect();
    print_table(["NAME", "CREATED"], &rows)
}

async fn delete(arguments: DeleteArguments) -> anyhow::Result<()> {
    let NameArguments { name, common } = arguments.named;
    let registry = open_registry(&common.place.settings()?, Purpose::Beside).await?;
    if !registry.list_lrss().await?.iter().any(|lrs| lrs.name == name) {
        bail!("there is no LRS {name}");
    }
    if !arguments.yes && !confirm(&name)? {
        bail!("the name was not repeated: nothing was deleted");
    }
    registry.delete_lrs(&name).await?;
    record(registry.as_ref(), "lrs.delete", &name).await?;
    registry.close().await;
    if common.json {
        return print_json(&json!({"deleted": name.as_str()}));
    }
    println!("Deleted the LRS {name}.");
    Ok(())
}

/// Records who did something to an LRS.
async fn record(registry: &dyn Registry, act: &str, name: &LrsName) -> anyhow::Result<()> {
    let mut entry = actor().entry(SystemClock.now(), act, name.as_str());
    entry.lrs = Some(name.clone());
    Ok(registry.change_accounts(Vec::new(), Some(entry)).await?)
}

/// Asks at the terminal for the name once more.
fn confirm(name: &LrsName) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("deleting is for good, and there is no terminal to ask at: repeat the command with --yes");
    }
    eprint!("This deletes every statement, document, attachment and key of {name}. Type its name to go on: ");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim() == name.as_str())
}
