//! `lyceum import`: brings statements in, from files or from another LRS. The work is done in [`crate::transfer`].

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use lrs_store::LrsName;
use serde_json::json;

use super::lrs::parse_lrs_name;
use crate::configuration::PlaceArguments;
use crate::output::print_json;
use crate::secret::KeyArguments;
use crate::transfer::files::read_files;
use crate::transfer::local_sink::LocalSink;
use crate::transfer::pages::{Cursor, Pages};
use crate::transfer::refusals::Refusals;
use crate::transfer::remote::RemoteLrs;
use crate::transfer::remote_sink::RemoteSink;
use crate::transfer::{Outcome, Piece};
use crate::trust::TrustArguments;

/// Arguments of `lyceum import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum import --lrs default statements.ndjson.gz
  zcat *.json.gz | lyceum import --lrs default -
  LYCEUM_SECRET=… lyceum import --to http://127.0.0.1:8080/xapi --key KEY statements.json
  LYCEUM_SECRET=… lyceum import --from https://old.example.org/xapi --key KEY --lrs default

Files hold statements one on a line, or in arrays, plain or gzip. Without --to, statements go into an LRS of the data folder,
which no server may have open, or of the database of --store; the authority that a statement names is kept. Importing again is safe: what is stored already
stays as it is, and an import from another LRS goes on where it was interrupted.")]
pub struct Arguments {
    /// Files to read; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "from", conflicts_with = "from")]
    files: Vec<PathBuf>,
    /// The endpoint of an LRS to read instead of files, with --key
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The endpoint of a running LRS to write to, with --key
    #[arg(long, value_name = "URL", conflicts_with = "lrs")]
    to: Option<String>,
    #[command(flatten)]
    key: KeyArguments,
    #[command(flatten)]
    trust: TrustArguments,
    /// The key to read with, when --from and --to are both given: --key is then that of --to
    #[arg(long, value_name = "KEY", requires = "from", requires = "to")]
    from_key: Option<String>,
    /// A file with the secret of --from-key
    #[arg(long, value_name = "FILE", requires = "from_key")]
    from_secret_file: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArguments,
    /// The LRS of the data folder or database to write to
    #[arg(long, value_parser = parse_lrs_name, default_value = "default", value_name = "NAME")]
    lrs: LrsName,
    /// The xAPI version of statements that name none
    #[arg(long, default_value = "1.0.3", value_parser = parse_version, value_name = "VERSION")]
    xapi_version: xapi::Version,
    /// A folder with attachments, in files named by their SHA-2
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    attachments: Option<PathBuf>,
    /// Where an import --from notes how far it has come [default: in the data folder]
    #[arg(long, value_name = "FILE", requires = "from")]
    cursor: Option<PathBuf>,
    /// Appends refused statements to this file, with the reasons
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Stops at the first refused statement
    #[arg(long)]
    strict: bool,
    /// Prints the summary as JSON
    #[arg(long)]
    json: bool,
}

fn parse_version(text: &str) -> Result<xapi::Version, String> {
    xapi::Version::parse_header(text).ok_or_else(|| "1.0.3 or 2.0.0".to_owned())
}

/// Where statements go.
enum Sink {
    Local(Box<LocalSink>),
    Remote(RemoteSink),
}

impl Sink {
    async fn store(&mut self, pieces: Vec<Piece>) -> anyhow::Result<Outcome> {
        match self {
            Self::Local(sink) => sink.store(pieces).await,
            Self::Remote(sink) => sink.store(pieces).await,
        }
    }
}

/// An import while it runs.
struct Import {
    sink: Sink,
    refusals: Refusals,
    strict: bool,
    read: u64,
    accepted: u64,
    bar: ProgressBar,
}

/// Runs `lyceum import`. The exit code is 1 when a statement was refused.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // Attachments of another LRS wait here between its answer and the sink.
    let passing = arguments.from.is_some().then(tempfile::tempdir).transpose()?;
    let folder = passing.as_ref().map(|folder| folder.path().to_owned()).or_else(|| arguments.attachments.clone());
    let from = connect_source(&arguments).await?;
    let mut import = Import {
        refusals: Refusals::new(arguments.rejects.as_deref())?,
        sink: open_sink(&arguments, folder).await?,
        strict: arguments.strict,
        read: 0,
        accepted: 0,
        bar: ProgressBar::no_length(),
    };
    match (from, &passing) {
        (Some(remote), Some(folder)) => import.run_pages(remote, folder.path(), cursor_path(&arguments)?).await?,
        _ => import.run_files(&arguments.files).await?,
    }
    import.finish(arguments.json).await
}

async fn connect_source(arguments: &Arguments) -> anyhow::Result<Option<RemoteLrs>> {
    let Some(url) = &arguments.from else { return Ok(None) };
    let key = match (&arguments.to, &arguments.from_key) {
        (Some(_), None) => {
            bail!("give the key of --from with --from-key and --from-secret-file: --key is that of --to")
        }
        (Some(_), Some(key)) => {
            let own = KeyArguments { key: Some(key.clone()), secret_file: arguments.from_secret_file.clone() };
            own.read()?
        }
        (None, _) => arguments.key.read()?,
    };
    RemoteLrs::connect(url, key, &arguments.trust.read()?).await.map(Some)
}

async fn open_sink(arguments: &Arguments, attachments: Option<PathBuf>) -> anyhow::Result<Sink> {
    if let Some(url) = &arguments.to {
        let remote = RemoteLrs::connect(url, arguments.key.read()?, &arguments.trust.read()?).await?;
        return Ok(Sink::Remote(RemoteSink::new(remote, attachments)));
    }
    let settings = arguments.place.settings()?;
    let sink = LocalSink::open(&settings, &arguments.lrs, arguments.xapi_version, attachments).await?;
    Ok(Sink::Local(Box::new(sink)))
}

/// A cursor of its own for each source and LRS. An import into a remote LRS keeps one only when asked to.
fn cursor_path(arguments: &Arguments) -> anyhow::Result<Option<PathBuf>> {
    if arguments.cursor.is_some() || arguments.to.is_some() {
        return Ok(arguments.cursor.clone());
    }
    let source = arguments.from.as_deref().unwrap_or_default().trim_end_matches('/');
    let name = format!("{}-{}.json", arguments.lrs, crate::transfer::ids::id_for(source.as_bytes(), "", 0).simple());
    Ok(Some(arguments.place.settings()?.data.join("imports").join(name)))
}

impl Import {
    async fn run_files(&mut self, files: &[PathBuf]) -> anyhow::Result<()> {
        let sizes: Option<u64> = files.iter().map(|path| std::fs::metadata(path).ok().map(|file| file.len())).sum();
        self.show(sizes, "{msg} [{bar:30}] {bytes}/{total_bytes} {eta}")?;
        let bar = self.bar.clone();
        let mut batches = read_files(files.to_vec(), Box::new(move |bytes| bar.inc(bytes)));
        while let Some(pieces) = batches.recv().await {
            self.store(pieces?).await?;
        }
        Ok(())
    }

    async fn run_pages(&mut self, remote: RemoteLrs, folder: &Path, cursor: Option<PathBuf>) -> anyhow::Result<()> {
        let source = remote.url().to_owned();
        let resumed = cursor.as_deref().map(|path| Cursor::read(path, &source)).transpose()?.flatten();
        self.show(None, "{spinner} {msg} {elapsed}")?;
        let mut pages = Pages::new(remote, resumed.as_ref(), folder)?;
        while let Some(page) = pages.next_page().await? {
            self.store(page.pieces).await?;
            if let (Some(path), Some(stored)) = (&cursor, page.stored) {
                Cursor { source: source.clone(), stored }.write(path)?;
            }
            clear(folder).await?;
        }
        Ok(())
    }

    fn show(&self, length: Option<u64>, template: &str) -> anyhow::Result<()> {
        if let Some(length) = length {
            self.bar.set_length(length);
        }
        self.bar.set_style(ProgressStyle::with_template(template)?);
        Ok(())
    }

    async fn store(&mut self, pieces: Vec<Piece>) -> anyhow::Result<()> {
        self.read += pieces.len() as u64;
        let Outcome { accepted, refused } = self.sink.store(pieces).await?;
        self.accepted += accepted;
        for refusal in &refused {
            self.refusals.add(refusal, &|line| self.bar.suspend(|| eprintln!("{line}")))?;
        }
        self.bar.set_message(format!("{} statements", self.accepted));
        self.bar.tick();
        if self.strict && !refused.is_empty() {
            self.bar.finish_and_clear();
            bail!("stopped at a refused statement (--strict); {} statements are stored", self.accepted);
        }
        Ok(())
    }

    async fn finish(self, json: bool) -> anyhow::Result<ExitCode> {
        self.bar.finish_and_clear();
        let refused = self.refusals.finish()?;
        let new = match self.sink {
            Sink::Local(sink) => Some(sink.finish().await?),
            Sink::Remote(_) => None,
        };
        let (read, accepted) = (self.read, self.accepted);
        if json {
            print_json(&json!({"read": read, "stored": accepted, "new": new, "refused": refused}))?;
        } else {
            let new = new.map(|new| format!(" ({new} of them new)")).unwrap_or_default();
            println!("{read} statements read, {accepted} stored{new}, {refused} refused");
        }
        Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn clear(folder: &Path) -> anyhow::Result<()> {
    let mut entries = tokio::fs::read_dir(folder).await.context("cannot read the folder of passing attachments")?;
    while let Some(entry) = entries.next_entry().await? {
        tokio::fs::remove_file(entry.path()).await?;
    }
    Ok(())
}
