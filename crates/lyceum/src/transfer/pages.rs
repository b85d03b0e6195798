//! Statements out of another LRS, in the order in which it stored them, with their attachments.
//!
//! A list of statements leaves out voided ones; they are asked for by name when the statement that voids them comes, so that the
//! copy holds what the original holds.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::io::AsyncWriteExt as _;
use xapi::{MultipartEvent, MultipartReader};

use super::remote::{RemoteLrs, describe};
use super::{Origin, Piece};

/// Statements asked for on a page.
const PAGE_STATEMENTS: &str = "200";
/// An answer's JSON may be so long.
const PAGE_BYTES_MAX: usize = 256 << 20;
/// A resumed import begins so much before the last instant it has seen: statements may share it. What comes twice is
/// recognised by its id.
const OVERLAP_US: i64 = 1_000_000;

/// How far an import has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The endpoint.
    pub source: String,
    /// `stored` of the last statement that is safe here.
    pub stored: String,
}

impl Cursor {
    /// Reads a cursor; `None` when there is no file yet.
    ///
    /// # Errors
    /// When the file is of another source or no cursor.
    pub fn read(path: &Path, source: &str) -> anyhow::Result<Option<Self>> {
        let text = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let cursor: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no cursor: remove it to begin anew", path.display()))?;
        if cursor.source != source {
            bail!("{} belongs to an import from {}: give another --cursor", path.display(), cursor.source);
        }
        Ok(Some(cursor))
    }

    /// Replaces the file at once or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let replace = || {
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut file, self)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            std::io::Result::Ok(())
        };
        replace().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// One page.
#[derive(Debug)]
pub struct Page {
    /// Its statements, voided ones before those that void them.
    pub pieces: Vec<Piece>,
    /// `stored` of its last statement.
    pub stored: Option<String>,
}

/// The statements of an LRS, page by page.
#[derive(Debug)]
pub struct Pages {
    remote: RemoteLrs,
    next: Option<Url>,
    attachments: PathBuf,
    source: Arc<str>,
    number: u64,
}

#[derive(Deserialize)]
struct StatementResult<'a> {
    #[serde(borrow)]
    statements: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    more: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    stored: Option<String>,
    verb: Named,
    object: Named,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Option<String>,
}

const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";

impl Pages {
    /// Begins at the cursor, or at the beginning. Attachments are put into the folder `attachments`, named by their SHA-2.
    pub fn new(remote: RemoteLrs, cursor: Option<&Cursor>, attachments: &Path) -> anyhow::Result<Self> {
        let since = match cursor {
            Some(cursor) => {
                let stored = cursor.stored.parse::<jiff::Timestamp>();
                let stored = stored.with_context(|| format!("{} in the cursor is no instant", cursor.stored))?;
                Some(xapi::Timestamp(stored.as_microsecond() - OVERLAP_US).to_string())
            }
            None => None,
        };
        let mut parameters = vec![("ascending", "true"), ("attachments", "true"), ("limit", PAGE_STATEMENTS)];
        parameters.extend(since.as_deref().map(|since| ("since", since)));
        let next = Some(remote.resource("statements", &parameters));
        let source = remote.url().into();
        Ok(Self { remote, next, attachments: attachments.to_owned(), source, number: 0 })
    }

    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// When the LRS does not answer as an LRS does.
    pub async fn next_page(&mut self) -> anyhow::Result<Option<Page>> {
        let Some(url) = self.next.take() else { return Ok(None) };
        let answer = self.remote.get(&url).await?;
        if answer.status() != StatusCode::OK {
            bail!("{} answers {}", self.source, describe(answer).await);
        }
        let body = self.read_body(answer).await?;
        let result: StatementResult<'_> =
            serde_json::from_slice(&body).with_context(|| format!("{} answered no page of statements", self.source))?;
        let mut page = Page { pieces: Vec::new(), stored: None };
        for statement in result.statements {
            let head: Option<Head> = serde_json::from_str(statement.get()).ok();
            if let Some(Head { stored, verb, object }) = head {
                page.stored = stored.or(page.stored);
                if let (Some(VOIDED), Some(target)) = (verb.id.as_deref(), object.id)
                    && let Some(text) = self.find_voided(&target).await?
                {
                    self.push(&mut page, text);
                }
            }
            self.push(&mut page, statement.get().as_bytes().to_vec());
        }
        if let Some(link) = result.more.filter(|link| !link.is_empty()) {
            self.next = Some(self.remote.more(&link)?);
        }
        Ok(Some(page))
    }

    fn push(&mut self, page: &mut Page, text: Vec<u8>) {
        self.number += 1;
        let origin = Origin { source: Arc::clone(&self.source), line: self.number };
        page.pieces.push(Piece { origin, text, broken: None });
    }

    /// The voided statement with this id; `None` when the LRS has none.
    async fn find_voided(&self, id: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let url = self.remote.resource("statements", &[("voidedStatementId", id), ("attachments", "true")]);
        let answer = self.remote.get(&url).await?;
        match answer.status() {
            StatusCode::OK => self.read_body(answer).await.map(Some),
            // It may never have been there: voiding what is unknown is permitted (Data 2.3.2).
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Ok(None),
            _ => bail!("{} answers {}", self.source, describe(answer).await),
        }
    }

    /// The JSON of an answer; its attachments go to their folder.
    async fn read_body(&self, mut answer: Response) -> anyhow::Result<Vec<u8>> {
        let header = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = header.unwrap_or_default().to_owned();
        let mut parts = Parts::new(&self.attachments);
        if !content_type.to_ascii_lowercase().starts_with("multipart/") {
            while let Some(chunk) = answer.chunk().await? {
                parts.take_json(&chunk)?;
            }
            return Ok(parts.json);
        }
        let mut reader = MultipartReader::new(&content_type).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        while let Some(chunk) = answer.chunk().await? {
            for event in reader.push(&chunk).map_err(|fault| anyhow::anyhow!("{fault}"))? {
                parts.take(event).await?;
            }
        }
        for event in reader.finish()? {
            parts.take(event).await?;
        }
        Ok(parts.json)
    }
}

/// The parts of an answer as they arrive.
struct Parts<'a> {
    folder: &'a Path,
    json: Vec<u8>,
    begun: bool,
    file: Option<(tokio::fs::File, PathBuf, PathBuf)>,
}

impl<'a> Parts<'a> {
    fn new(folder: &'a Path) -> Self {
        Self { folder, json: Vec::new(), begun: false, file: None }
    }

    fn take_json(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        if self.json.len() + bytes.len() > PAGE_BYTES_MAX {
            bail!("a page of statements is larger than {} MiB", PAGE_BYTES_MAX >> 20);
        }
        self.json.extend_from_slice(bytes);
        Ok(())
    }

    async fn take(&mut self, event: MultipartEvent) -> anyhow::Result<()> {
        match event {
            MultipartEvent::Part(_) if !self.begun => self.begun = true,
            MultipartEvent::Part(headers) => {
                let sha2 = headers.get("x-experience-api-hash").unwrap_or_default().to_ascii_lowercase();
                if sha2.is_empty() || !sha2.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    bail!("an attachment came without the header X-Experience-API-Hash");
                }
                let (path, part) = (self.folder.join(&sha2), self.folder.join(format!("{sha2}.part")));
                self.file = Some((tokio::fs::File::create(&part).await?, part, path));
            }
            MultipartEvent::Data(bytes) => match &mut self.file {
                Some((file, ..)) => file.write_all(&bytes).await.context("cannot keep an attachment")?,
                None => self.take_json(&bytes)?,
            },
            MultipartEvent::PartEnd => {
                if let Some((mut file, part, path)) = self.file.take() {
                    file.flush().await.context("cannot keep an attachment")?;
                    tokio::fs::rename(part, path).await.context("cannot keep an attachment")?;
                }
            }
        }
        Ok(())
    }
}
