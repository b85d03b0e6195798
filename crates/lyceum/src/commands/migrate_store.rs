//! `lyceum migrate-store`: moves everything from a data folder into a database, or back, while the source stays readable.
//! `docs/adr/0006-moving-between-stores.md` says why it works as it does.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use lrs_core::{CopyProgress, CopyStep, Verification, Verified, copy_accounts, copy_key_usages, copy_lrs, verify_copy};
use lrs_store::{Lrs, Registry};
use serde::Serialize;

use crate::configuration::{AttachmentArguments, Layer, Settings};
use crate::output::print_json;
use crate::place::{Purpose, Source, expect_place, is_database, open_registry, open_source};

/// A source that is written to all the time is followed so often, before the command says so.
const ROUNDS_MAX: usize = 5;

/// Arguments of `lyceum migrate-store`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum migrate-store --from ./data --to postgres://lyceum@db.example.org/lyceum --to-password-file password
  lyceum migrate-store --from postgres://lyceum@db.example.org/lyceum --to ./data-again
  lyceum migrate-store --from ./data --to postgres://lyceum@db.example.org/lyceum --store-attachments s3://lyceum-attachments/school

Everything goes along as it is: LRSs, keys with their secrets' hashes, statements with their positions and instants, documents
with their ETags, attachments, refused requests. Run it beside the running server first; that takes long, and what is written
meanwhile is not lost. Then start the server with --read-only true, or stop it, and run the command again: it goes on where it was, compares
everything, and brings accounts and keys over last. Until then nobody can use the copy. It can be killed and run again at any time.")]
pub struct Arguments {
    /// What to copy: a data folder, or a database as `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "DIR|URL")]
    from: String,
    /// Where to: a database, or a data folder, which is made when it is missing
    #[arg(long, value_name = "DIR|URL")]
    to: String,
    /// A file that holds the password of the database to copy from; the variable `LYCEUM_STORE_PASSWORD` may hold it too
    #[arg(long, value_name = "FILE")]
    from_password_file: Option<PathBuf>,
    /// A file that holds the password of the database to copy to; the variable `LYCEUM_STORE_PASSWORD` may hold it too
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,
    /// The data folder of the servers on the database, where their attachments are unless --store-attachments names another place
    #[arg(long, value_name = "DIR", default_value = "./data")]
    database_data: PathBuf,
    #[command(flatten)]
    attachments: AttachmentArguments,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
}

/// What was copied.
#[derive(Debug, Serialize)]
struct Report {
    /// Whether the copy is the whole source, which nobody writes to.
    complete: bool,
    /// Who may write to the source.
    writer: Option<String>,
    lrss: Vec<CopiedLrs>,
    accounts: u64,
    keys: usize,
    /// LRSs of the target that the source does not have: deleted there, or of the target's own.
    only_in_target: Vec<String>,
    /// What stays behind.
    not_copied: [&'static str; 2],
}

/// What stays behind, in words; docs/moving-data.md says why.
const NOT_COPIED: [&str; 2] = ["sessions (people sign in again)", "the list of imports made in the web app"];

#[derive(Debug, Serialize)]
struct CopiedLrs {
    name: String,
    #[serde(flatten)]
    verified: Verified,
}

/// Runs `lyceum migrate-store`. The exit code is 1 when the source may still be written to, so that another run is needed.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if is_database(&arguments.from) == is_database(&arguments.to) {
        bail!("one of --from and --to must be a data folder, and the other one a postgres:// URL");
    }
    let from = arguments.settings(&arguments.from, arguments.from_password_file.as_ref());
    let to = arguments.settings(&arguments.to, arguments.to_password_file.as_ref());
    expect_place(&from)?;
    let source = open_source(&from).await.context("cannot open the source")?;
    let target = open_registry(&to, Purpose::Write).await.context("cannot open the target")?;
    let copied = copy(&source, &*target).await;
    target.close().await;
    source.registry().close().await;
    let report = copied?;
    if arguments.json {
        print_json(&serde_json::to_value(&report)?)?;
    } else {
        report.print();
    }
    Ok(if report.complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    fn settings(&self, place: &str, password_file: Option<&PathBuf>) -> Settings {
        let layer = if is_database(place) {
            Layer {
                data: Some(self.database_data.clone()),
                store: Some(place.to_owned()),
                store_password_file: password_file.cloned(),
                ..self.attachments.layer()
            }
        } else {
            Layer { data: Some(place.into()), ..Layer::default() }
        };
        layer.complete()
    }
}

impl Report {
    fn print(&self) {
        for CopiedLrs { name, verified } in &self.lrss {
            println!(
                "LRS {name}: {} statements, {} documents, {} bytes of attachments, {} refused requests; SHA-256 of the log {}",
                verified.statements,
                verified.documents,
                verified.attachment_bytes,
                verified.refusals,
                verified.log_sha256
            );
        }
        match &self.writer {
            None => println!("Copied and verified, with {} accounts and {} keys.", self.accounts, self.keys),
            Some(writer) => println!(
                "Copied and verified as it was at this moment, but without accounts and keys, since {writer} may write to the source. Start \
                 that server with --read-only true, or stop it, and run this command again: it goes on where it is."
            ),
        }
        for name in &self.only_in_target {
            println!(
                "The target also has the LRS {name}, with its keys. If it was deleted in the source, delete it there: lyceum lrs delete {name}"
            );
        }
        println!("Not copied: {}.", self.not_copied.join("; "));
    }
}

async fn copy(source: &Source, target: &dyn Registry) -> anyhow::Result<Report> {
    let mut writer = source.find_writer().await?;
    let mut copied = Vec::new();
    for lrs in source.registry().list_lrss().await? {
        target.restore_lrs(&lrs).await?;
        let verified = copy_one(source.registry(), target, &lrs).await;
        copied.push(CopiedLrs { name: lrs.name.to_string(), verified: verified.context(format!("LRS {}", lrs.name))? });
    }
    if writer.is_none() {
        writer = find_later_writer(source, &copied).await?;
    }
    let (mut keys, mut accounts) = (0, 0);
    if writer.is_none() {
        accounts = copy_accounts(source.registry(), target).await?;
        for key in source.registry().list_keys(None).await? {
            target.restore_key(&key).await?;
            keys += 1;
        }
        copy_key_usages(source.registry(), target).await?;
    }
    let mut only_in_target = Vec::new();
    for lrs in target.list_lrss().await? {
        if copied.iter().all(|it| it.name != lrs.name.as_str()) {
            only_in_target.push(lrs.name.to_string());
        }
    }
    let complete = writer.is_none();
    Ok(Report { complete, writer, lrss: copied, accounts, keys, only_in_target, not_copied: NOT_COPIED })
}

/// Copies an LRS until a comparison finds no difference.
async fn copy_one(source: &dyn Registry, target: &dyn Registry, lrs: &Lrs) -> anyhow::Result<Verified> {
    let (from, to) = (source.open_lrs(&lrs.name).await?, target.open_lrs(&lrs.name).await?);
    let bar = ProgressBar::no_length();
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {human_pos}/{human_len} {eta}")?);
    let tell = |CopyProgress { step, done, total }: CopyProgress| {
        let step = match step {
            CopyStep::Statements => "statements",
            CopyStep::Documents => "documents",
            CopyStep::Refusals => "refused requests",
            CopyStep::Verifying => "verifying",
        };
        bar.set_message(format!("{} {step}", lrs.name));
        bar.set_length(total);
        bar.set_position(done);
    };
    for _ in 0..ROUNDS_MAX {
        copy_lrs(&*from, &*to, &tell).await?;
        if let Verification::Same(verified) = verify_copy(&*from, &*to, &tell).await? {
            bar.finish_and_clear();
            return Ok(verified);
        }
    }
    bar.finish_and_clear();
    bail!("it is written to faster than it can be compared: start its servers with --read-only true, or stop them")
}

/// Someone who began to write since it was looked the first time.
async fn find_later_writer(source: &Source, copied: &[CopiedLrs]) -> anyhow::Result<Option<String>> {
    for (name, store) in source.registry().open_lrss().await {
        let status = store.status().await?;
        let known = copied.iter().find(|it| it.name == name.as_str()).map(|it| &it.verified);
        if known.is_none_or(|known| (known.statements, known.documents) != (status.log_position, status.documents)) {
            return Ok(Some("a server".to_owned()));
        }
    }
    source.find_writer().await
}
