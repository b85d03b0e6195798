//! `lyceum export`: writes statements out, as NDJSON or CSV, beside a running server or without one.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use indicatif::{ProgressBar, ProgressStyle};
use lrs_store::{LoggedStatement, LrsName, RegistryError, Seq, Store};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use xapi::{Index, Json, Timestamp, Version, parse_statements};

use super::lrs::parse_lrs_name;
use crate::configuration::PlaceArguments;
use crate::place::{Purpose, expect_place, open_registry};
use crate::transfer::table::{COLUMNS_DEFAULT, Column};

/// Statements read at once.
const PAGE_STATEMENTS: usize = 1_000;

/// Arguments of `lyceum export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum export --lrs default statements.ndjson.gz --attachments attachments
  lyceum export --verb http://adlnet.gov/expapi/verbs/passed passed.csv
  lyceum export --since 2026-09-01T00:00:00Z --columns timestamp,actor.name,result.score.scaled scores.csv
  lyceum export | head -1

Runs beside a server: what was stored when it begins is exported. `lyceum import` takes NDJSON back.")]
pub struct Arguments {
    /// The file to write, packed when its name ends in .gz; standard output without it
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArguments,
    /// The LRS to read
    #[arg(long, value_parser = parse_lrs_name, default_value = "default", value_name = "NAME")]
    lrs: LrsName,
    /// The format; by the file's name when absent, NDJSON on standard output
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Columns of CSV, as paths such as actor.name or JSON pointers
    #[arg(long, value_delimiter = ',', default_value = COLUMNS_DEFAULT, value_parser = parse_column, hide_default_value = true, value_name = "COLUMNS")]
    columns: Vec<Column>,
    /// Leaves text in CSV cells that a spreadsheet would run as a formula as it is, instead of putting an apostrophe before it
    #[arg(long)]
    raw_cells: bool,
    /// Only statements stored after this instant, such as 2026-09-01T00:00:00Z
    #[arg(long, value_parser = parse_instant, value_name = "INSTANT")]
    since: Option<Timestamp>,
    /// Only statements stored at or before this instant
    #[arg(long, value_parser = parse_instant, value_name = "INSTANT")]
    until: Option<Timestamp>,
    /// Only statements with this verb
    #[arg(long, value_name = "IRI")]
    verb: Option<String>,
    /// Only statements about this agent, as JSON
    #[arg(long, value_name = "JSON", value_parser = parse_agent)]
    agent: Option<xapi::Agent>,
    /// Only statements about this activity
    #[arg(long, value_name = "IRI")]
    activity: Option<String>,
    /// Voided statements: kept in NDJSON and left out of CSV when absent
    #[arg(long, value_enum, value_name = "WHICH")]
    voided: Option<Voided>,
    /// Copies the attachments of the statements into this folder, in files named by their SHA-2
    #[arg(long, value_name = "DIR")]
    attachments: Option<PathBuf>,
    /// Prints a summary as JSON; needs a file
    #[arg(long, requires = "file")]
    json: bool,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One statement on a line, as JSON
    Ndjson,
    /// A table
    Csv,
}

/// What becomes of voided statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Voided {
    /// They are written like others
    Keep,
    /// They are not written
    LeaveOut,
}

fn parse_column(text: &str) -> Result<Column, String> {
    Column::parse(text).ok_or_else(|| "a path such as actor.name, or a JSON pointer".to_owned())
}

fn parse_instant(text: &str) -> Result<Timestamp, String> {
    let instant: jiff::Timestamp = text.parse().map_err(|_| "an instant such as 2026-09-01T00:00:00Z".to_owned())?;
    Ok(Timestamp(instant.as_microsecond()))
}

fn parse_agent(text: &str) -> Result<xapi::Agent, String> {
    xapi::Agent::parse(text, Version::V2_0_0).map_err(|violations| violations.to_string())
}

/// Runs `lyceum export`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let settings = arguments.place.settings()?;
    expect_place(&settings)?;
    let registry = open_registry(&settings, Purpose::Beside).await?;
    let store = match registry.open_lrs(&arguments.lrs).await {
        Err(RegistryError::NoSuchLrs(lrs)) => bail!("there is no LRS {lrs}"),
        opened => opened?,
    };
    let exported = export(&arguments, &*store).await;
    registry.close().await;
    exported
}

async fn export(arguments: &Arguments, store: &dyn Store) -> anyhow::Result<ExitCode> {
    let through = Seq(store.status().await?.log_position);
    let bar = ProgressBar::new(through.0);
    bar.set_style(ProgressStyle::with_template("{human_pos}/{human_len} statements [{bar:30}] {eta}")?);
    let destination = Destination::open(arguments.file.as_deref())?;
    let mut sheet = Sheet::begin(arguments, destination)?;
    let mut copier = arguments.attachments.as_deref().map(|folder| Copier::open(store, folder)).transpose()?;
    let mut after = Seq(0);
    let mut written = 0_u64;
    loop {
        let mut page = store.read_entries(after, PAGE_STATEMENTS).await?;
        page.retain(|logged| logged.statement.seq <= through);
        let Some(last) = page.last() else { break };
        after = last.statement.seq;
        for logged in page {
            if sheet.takes(&logged, arguments)? {
                let body = &logged.statement.body;
                if let Some(copier) = &mut copier {
                    copier.copy_attachments_of(body).await?;
                }
                if sheet.write(body)?.is_closed() {
                    return Ok(ExitCode::SUCCESS);
                }
                written += 1;
            }
        }
        bar.set_position(after.0);
    }
    sheet.finish()?;
    bar.finish_and_clear();
    let attachments = copier.map_or(0, |copier| copier.copied.len());
    if arguments.json {
        crate::output::print_json(&json!({"statements": written, "attachments": attachments}))?;
    } else if arguments.file.is_some() {
        println!("{written} statements, {attachments} attachments");
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether someone still reads what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Listens,
    /// Such as `head`, which has seen enough.
    Gone,
}

impl Reader {
    fn is_closed(self) -> bool {
        self == Self::Gone
    }

    fn of(outcome: std::io::Result<()>) -> anyhow::Result<Self> {
        match outcome {
            Ok(()) => Ok(Self::Listens),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Self::Gone),
            Err(error) => Err(error).context("cannot write the export"),
        }
    }
}

/// Where the export goes: a file that appears when it is complete, or standard output.
struct Destination {
    out: Box<dyn Write>,
    /// The file under its passing name, and its name.
    file: Option<(tempfile::TempPath, PathBuf)>,
}

impl Destination {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self { out: Box::new(BufWriter::new(std::io::stdout())), file: None });
        };
        if path.exists() {
            bail!("{} exists already: nothing is overwritten", path.display());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let passing = tempfile::NamedTempFile::new_in(folder);
        let (file, passing) = passing.with_context(|| format!("cannot write in {}", folder.display()))?.into_parts();
        let is_gzip = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
        let out: Box<dyn Write> = if is_gzip {
            Box::new(AutoFinish(Some(GzEncoder::new(BufWriter::new(file), Compression::default()))))
        } else {
            Box::new(BufWriter::new(file))
        };
        Ok(Self { out, file: Some((passing, path.to_owned())) })
    }
}

/// A gzip stream whose last bytes are written by `flush`, which is called once, at the end.
struct AutoFinish(Option<GzEncoder<BufWriter<File>>>);

impl Write for AutoFinish {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.as_mut().map_or(Err(std::io::ErrorKind::WriteZero.into()), |encoder| encoder.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.take().map_or(Ok(()), |encoder| encoder.finish()?.flush())
    }
}

/// Writes statements in one format.
struct Sheet {
    destination: Destination,
    csv: Option<Vec<Column>>,
    guard: bool,
    leave_out_voided: bool,
}

impl Sheet {
    fn begin(arguments: &Arguments, destination: Destination) -> anyhow::Result<Self> {
        let name =
            arguments.file.as_deref().map(|path| path.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let unpacked = name.strip_suffix(".gz").unwrap_or(&name);
        let is_csv = Path::new(unpacked).extension().is_some_and(|extension| extension == "csv");
        let by_name = if is_csv { Format::Csv } else { Format::Ndjson };
        let format = arguments.format.unwrap_or(by_name);
        let leave_out = match arguments.voided {
            Some(voided) => voided == Voided::LeaveOut,
            None => format == Format::Csv,
        };
        let mut sheet = Self {
            destination,
            csv: (format == Format::Csv).then(|| arguments.columns.clone()),
            guard: !arguments.raw_cells,
            leave_out_voided: leave_out,
        };
        if let Some(columns) = sheet.csv.clone() {
            sheet.write_row(columns.into_iter().map(|column| column.heading)).context("cannot write the export")?;
        }
        Ok(sheet)
    }

    /// Whether a statement is asked for.
    fn takes(&self, logged: &LoggedStatement, arguments: &Arguments) -> anyhow::Result<bool> {
        let LoggedStatement { statement, voided, .. } = logged;
        let in_time = arguments.since.is_none_or(|since| statement.stored > since)
            && arguments.until.is_none_or(|until| statement.stored <= until);
        if !in_time || (*voided && self.leave_out_voided) {
            return Ok(false);
        }
        if arguments.verb.is_none() && arguments.agent.is_none() && arguments.activity.is_none() {
            return Ok(true);
        }
        let named_v2 = Json::parse(&statement.body)
            .ok()
            .and_then(|json| json.get("version").and_then(Json::as_str).map(|version| version.starts_with("2.")));
        let version = if named_v2 == Some(true) { Version::V2_0_0 } else { Version::V1_0_3 };
        let (parsed, _) = parse_statements(&statement.body, version)
            .with_context(|| format!("the stored statement {} is damaged", statement.id))?;
        let has = |index: Index, text: Option<&str>| {
            let mut terms = parsed.iter().flat_map(|statement| &statement.terms);
            text.is_none_or(|text| terms.any(|term| term.index == index && term.text == text))
        };
        Ok(has(Index::Verb, arguments.verb.as_deref())
            && has(Index::Agent, arguments.agent.as_ref().map(xapi::Agent::key))
            && has(Index::Activity, arguments.activity.as_deref()))
    }

    fn write(&mut self, body: &[u8]) -> anyhow::Result<Reader> {
        let Some(columns) = &self.csv else {
            let out = &mut self.destination.out;
            return Reader::of(out.write_all(body).and_then(|()| out.write_all(b"\n")));
        };
        let statement = Json::parse(body).context("a stored statement is damaged")?;
        let cells: Vec<String> = columns.iter().map(|column| column.cell(&statement, self.guard)).collect();
        Reader::of(self.write_row(cells.into_iter()))
    }

    fn write_row(&mut self, cells: impl Iterator<Item = String>) -> std::io::Result<()> {
        let mut row = csv::Writer::from_writer(Vec::new());
        row.write_record(cells).map_err(std::io::Error::other)?;
        let row = row.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
        self.destination.out.write_all(&row)
    }

    fn finish(mut self) -> anyhow::Result<()> {
        if Reader::of(self.destination.out.flush())?.is_closed() {
            return Ok(());
        }
        drop(self.destination.out);
        if let Some((passing, path)) = self.destination.file {
            let kept = passing.persist_noclobber(&path);
            kept.with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// Copies attachments, each once.
struct Copier<'a> {
    store: &'a dyn Store,
    folder: &'a Path,
    copied: HashSet<String>,
}

impl<'a> Copier<'a> {
    fn open(store: &'a dyn Store, folder: &'a Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { store, folder, copied: HashSet::new() })
    }

    async fn copy_attachments_of(&mut self, body: &[u8]) -> anyhow::Result<()> {
        for attachment in lrs_core::attachments_of([body]) {
            if self.copied.contains(&attachment.sha2) {
                continue;
            }
            if let Some(mut found) = self.store.find_attachment(&attachment.sha2).await? {
                let path = self.folder.join(&attachment.sha2);
                let failed = || format!("cannot copy an attachment to {}", path.display());
                let mut file = tokio::fs::File::create(&path).await.with_context(failed)?;
                tokio::io::copy(&mut found.reader, &mut file).await.with_context(failed)?;
                file.flush().await.with_context(failed)?;
                self.copied.insert(attachment.sha2);
            }
        }
        Ok(())
    }
}
