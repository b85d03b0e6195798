//! Records statements in an LRS of a data folder or database, through the same use case as HTTP does, but as the operator: what a
//! statement says about its authority is kept.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use lrs_core::{Authority, ReceivedAttachment, RecordError, Recording, Submission, SystemIds, record_statements};
use lrs_store::{LrsName, Registry, RegistryError, Store, SystemClock, UploadedAttachment};
use tokio::io::AsyncReadExt as _;
use xapi::{SIGNATURE_USAGE_TYPE, Statement, Version, parse_statements};

use crate::configuration::Settings;
use crate::place::{Purpose, expect_place, open_registry, place_arguments};

use super::ids::{id_for, with_id};
use super::refusals::Refusal;
use super::{Head, Outcome, Piece};

/// Attachments are copied in chunks of this size.
const CHUNK_BYTES: usize = 256 << 10;

/// An LRS that is open for an import.
pub struct LocalSink {
    registry: Arc<dyn Registry>,
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    version: Version,
    attachments: Option<PathBuf>,
    statements_before: u64,
    attachments_taken: HashSet<String>,
}

/// A statement that is valid by itself.
struct Ready {
    piece: Piece,
    text: Vec<u8>,
    statement: Statement,
    version: Version,
}

impl LocalSink {
    /// Opens the LRS, and takes the lock of a data folder. `version` is that of statements that name none; `attachments` is a
    /// folder with files named by their SHA-2.
    ///
    /// # Errors
    /// When there is no such folder or LRS, or when a server has it.
    pub async fn open(
        settings: &Settings,
        lrs: &LrsName,
        version: Version,
        attachments: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        expect_place(settings)?;
        let registry = open_registry(settings, Purpose::Write).await?;
        let store = match registry.open_lrs(lrs).await {
            Err(RegistryError::NoSuchLrs(_)) => {
                bail!("there is no LRS {lrs}: make it with `lyceum lrs create{} {lrs}`", place_arguments(settings))
            }
            opened => opened?,
        };
        let authority = serde_json::json!({
            "objectType": "Agent",
            "account": { "homePage": format!("https://lyceum.invalid/lrs/{lrs}"), "name": "import" },
        });
        let statements_before = store.status().await?.statements;
        Ok(Self {
            registry,
            store,
            authority: Arc::new(Authority::from_json(authority.to_string())),
            version,
            attachments,
            statements_before,
            attachments_taken: HashSet::new(),
        })
    }

    /// Records a batch.
    ///
    /// # Errors
    /// When the store fails; the batch may then be stored in part, and can be given again.
    pub async fn store(&mut self, pieces: Vec<Piece>) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut group: Vec<Ready> = Vec::new();
        for piece in pieces {
            match self.prepare(piece) {
                Err(refusal) => outcome.refused.push(refusal),
                Ok(ready) => {
                    if group.first().is_some_and(|first| first.version != ready.version) {
                        self.record_group(std::mem::take(&mut group), &mut outcome).await?;
                    }
                    group.push(ready);
                }
            }
        }
        self.record_group(group, &mut outcome).await?;
        Ok(outcome)
    }

    /// How many statements are there that were not before; closes the LRS.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish(self) -> anyhow::Result<u64> {
        let statements = self.store.status().await?.statements;
        self.registry.close().await;
        Ok(statements.saturating_sub(self.statements_before))
    }

    fn prepare(&self, piece: Piece) -> Result<Ready, Refusal> {
        if let Some(reason) = piece.broken.clone() {
            return Err(Refusal::new(piece, reason));
        }
        let head: Option<Head> = serde_json::from_slice(&piece.text).ok();
        let names_v2 = head.as_ref().and_then(|head| head.version.as_deref()).map(|text| text.starts_with("2."));
        let version = match names_v2 {
            Some(true) => Version::V2_0_0,
            Some(false) => Version::V1_0_3,
            None => self.version,
        };
        let text = match head {
            Some(Head { id: None, .. }) => {
                with_id(&piece.text, id_for(&piece.text, &piece.origin.source, piece.origin.line))
            }
            _ => piece.text.clone(),
        };
        match parse_statements(&text, version) {
            Ok((mut statements, _)) => match statements.pop() {
                Some(statement) => Ok(Ready { piece, text, statement, version }),
                None => Err(Refusal::new(piece, "it is no statement")),
            },
            Err(violations) => {
                let reason = "it is no valid statement".to_owned();
                Err(Refusal { piece, reason, violations: violations.0 })
            }
        }
    }

    /// Records statements of one version together, or, when that is refused, one by one.
    async fn record_group(&mut self, group: Vec<Ready>, outcome: &mut Outcome) -> anyhow::Result<()> {
        if group.is_empty() {
            return Ok(());
        }
        let version = group[0].version;
        let count = group.len() as u64;
        let (left, statements): (Vec<_>, Vec<_>) =
            group.into_iter().map(|ready| ((ready.piece, ready.text), ready.statement)).unzip();
        let refused = match self.record(statements, version).await? {
            Ok(()) => {
                outcome.accepted += count;
                return Ok(());
            }
            Err(refused) => refused,
        };
        if left.len() == 1 {
            outcome.refused.extend(left.into_iter().map(|(piece, _)| refusal_of(piece, &refused)));
            return Ok(());
        }
        for (piece, text) in left {
            let (statements, _) = parse_statements(&text, version).context("a statement was valid a moment ago")?;
            match self.record(statements, version).await? {
                Ok(()) => outcome.accepted += 1,
                Err(refused) => outcome.refused.push(refusal_of(piece, &refused)),
            }
        }
        Ok(())
    }

    /// The inner error is a refusal of what was given, the outer one a failure of the store.
    async fn record(
        &mut self,
        statements: Vec<Statement>,
        version: Version,
    ) -> anyhow::Result<Result<(), RecordError>> {
        let received = match self.receive_attachments(&statements).await {
            Ok(received) => received,
            Err(error) => return Err(error),
        };
        let submission = Submission { statements, single: false, received, statements_bytes: 0 };
        let recording = Recording {
            authority: Arc::clone(&self.authority),
            may_define: true,
            trust_authority: true,
            version,
            statement_id: None,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        };
        match record_statements(&*self.store, submission, recording).await {
            Ok(_) => Ok(Ok(())),
            Err(RecordError::Store(error)) => Err(error.into()),
            Err(refused) => Ok(Err(refused)),
        }
    }

    /// Takes in the attachments that these statements name and the folder has.
    async fn receive_attachments(&mut self, statements: &[Statement]) -> anyhow::Result<Vec<ReceivedAttachment>> {
        let Some(folder) = self.attachments.clone() else { return Ok(Vec::new()) };
        let mut received: Vec<ReceivedAttachment> = Vec::new();
        for attachment in statements.iter().flat_map(|statement| &statement.attachments) {
            let path = folder.join(&attachment.sha2);
            let is_signature = attachment.usage_type == SIGNATURE_USAGE_TYPE;
            let known = self.attachments_taken.contains(&attachment.sha2) && !is_signature;
            if known || received.iter().any(|part| part.sha2 == attachment.sha2) || !path.exists() {
                continue;
            }
            let upload = self.upload(&path, &attachment.sha2).await?;
            let signature = if is_signature { Some(tokio::fs::read(&path).await?) } else { None };
            received.push(ReceivedAttachment { sha2: attachment.sha2.clone(), upload, signature });
        }
        self.attachments_taken.extend(received.iter().map(|part| part.sha2.clone()));
        Ok(received)
    }

    async fn upload(&self, path: &Path, sha2: &str) -> anyhow::Result<UploadedAttachment> {
        let failed = || format!("cannot read the attachment {}", path.display());
        let mut file = tokio::fs::File::open(path).await.with_context(failed)?;
        let mut upload = self.store.begin_attachment().await?;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = file.read(&mut chunk).await.with_context(failed)?;
            if count == 0 {
                break;
            }
            upload.write(&chunk[..count]).await?;
        }
        let upload = upload.finish().await?;
        if upload.sha256 != sha2 && !upload.other_sha2.iter().any(|other| other == sha2) {
            bail!("{} is damaged: its bytes have another SHA-2 than its name says", path.display());
        }
        Ok(upload)
    }
}

fn refusal_of(piece: Piece, refused: &RecordError) -> Refusal {
    match refused {
        RecordError::Invalid(violations) => {
            Refusal { piece, reason: "it is no valid statement".to_owned(), violations: violations.0.clone() }
        }
        RecordError::Conflict(_) => Refusal::new(piece, "another statement with this id and other content is stored"),
        RecordError::VoidsVoiding(_) => Refusal::new(piece, "it would void a voiding statement [Data 2.3.2]"),
        other => Refusal::new(piece, other.to_string()),
    }
}
