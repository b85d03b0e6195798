//! `lyceum doctor`: checks data, configuration, disk and clock, and says what to do.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::ProgressBar;
use lrs_sqlite::check::{CheckedPart, check_folder};
use lrs_store::{Finding, Severity, SystemClock};

use crate::configuration::{DataArguments, Layer, Settings};
use crate::output::print_json;

/// Arguments of `lyceum doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum doctor
  lyceum doctor --deep --json

Runs beside a server or without one, and changes nothing. The exit code is 1 when something is damaged or will be lost.")]
pub struct Arguments {
    #[command(flatten)]
    data: DataArguments,
    /// Reads everything: the log against the index, every attachment against its digest
    #[arg(long)]
    deep: bool,
    /// Prints the findings as JSON
    #[arg(long)]
    json: bool,
}

/// Runs `lyceum doctor`.
///
/// # Errors
/// What keeps it from looking at all.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut parts =
        vec![CheckedPart { lrs: None, findings: vec![check_configuration(arguments.data.config.as_deref())] }];
    // A file of settings that cannot be used is a finding already, and then nobody knows the folder it names.
    if let Ok(folder) = arguments.data.folder() {
        let deep = arguments.deep;
        let checking = tokio::task::spawn_blocking(move || {
            let bar = ProgressBar::new_spinner();
            let parts = check_folder(&folder, deep, &SystemClock, &|lrs| {
                bar.set_message(lrs.map_or_else(|| "data folder".to_owned(), ToString::to_string));
                bar.tick();
            });
            bar.finish_and_clear();
            parts
        });
        parts.extend(checking.await.context("the check failed")?);
    }
    let findings = parts.iter().flat_map(|part| &part.findings);
    let worst = findings.map(|finding| finding.severity).max().unwrap_or(Severity::Good);
    if arguments.json {
        print_json(&serde_json::json!({"worst": worst, "parts": parts}))?;
    } else {
        parts.iter().for_each(print_part);
    }
    Ok(if worst == Severity::Error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print_part(part: &CheckedPart) {
    if let Some(lrs) = &part.lrs {
        println!("LRS {lrs}");
    }
    for Finding { severity, subject, message, advice } in &part.findings {
        let mark = match severity {
            Severity::Good => "good   ",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR  ",
        };
        println!("{mark}  {subject}: {message}");
        if !advice.is_empty() {
            println!("         → {advice}");
        }
    }
}

fn check_configuration(file: Option<&Path>) -> Finding {
    let (severity, message, advice) = match Settings::resolve(Layer::default(), file) {
        Ok(_) if file.is_none() => (Severity::Good, "no file of settings is used".to_owned(), ""),
        Ok(_) => (Severity::Good, "the file of settings is understood".to_owned(), ""),
        Err(error) => (Severity::Error, format!("{error:#}"), "correct the file of --config"),
    };
    Finding { severity, subject: "configuration".to_owned(), message, advice: advice.to_owned() }
}
