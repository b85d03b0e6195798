//! Sends statements into a running LRS, ours or not. A batch that is refused is halved until the refused statement is found.

use std::path::PathBuf;

use anyhow::bail;
use futures_util::StreamExt as _;
use lrs_core::{AttachmentToSend, IdSource as _, SystemIds, attachments_of};
use reqwest::StatusCode;
use tokio_util::io::ReaderStream;
use xapi::{MultipartWriter, Version};

use super::ids::{id_for, with_id};
use super::refusals::Refusal;
use super::remote::{RemoteLrs, describe};
use super::{Head, Outcome, Piece};

/// An LRS that takes statements over HTTP.
pub struct RemoteSink {
    remote: RemoteLrs,
    attachments: Option<PathBuf>,
}

/// Statements that go in one request.
struct Group {
    version: Version,
    pieces: Vec<Piece>,
}

impl RemoteSink {
    /// `attachments` is a folder with files named by their SHA-2.
    pub fn new(remote: RemoteLrs, attachments: Option<PathBuf>) -> Self {
        Self { remote, attachments }
    }

    /// Sends a batch.
    ///
    /// # Errors
    /// When the LRS cannot be reached or fails; the batch can be given again.
    pub async fn store(&self, pieces: Vec<Piece>) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut waiting: Vec<Group> = Vec::new();
        for piece in pieces {
            match self.prepare(piece) {
                Err(refusal) => outcome.refused.push(refusal),
                Ok((version, piece)) => match waiting.last_mut() {
                    Some(group) if group.version == version => group.pieces.push(piece),
                    _ => waiting.push(Group { version, pieces: vec![piece] }),
                },
            }
        }
        // The last group is the next to go, so that order is kept while groups are halved.
        waiting.reverse();
        while let Some(mut group) = waiting.pop() {
            let Some(reason) = self.post(&group).await? else {
                outcome.accepted += group.pieces.len() as u64;
                continue;
            };
            if group.pieces.len() > 1 {
                let second = group.pieces.split_off(group.pieces.len() / 2);
                waiting.push(Group { version: group.version, pieces: second });
                waiting.push(group);
            } else {
                outcome.refused.extend(group.pieces.into_iter().map(|piece| Refusal::new(piece, reason.clone())));
            }
        }
        Ok(outcome)
    }

    fn prepare(&self, mut piece: Piece) -> Result<(Version, Piece), Refusal> {
        if let Some(reason) = piece.broken.clone() {
            return Err(Refusal::new(piece, reason));
        }
        let Ok(head) = serde_json::from_slice::<Head>(&piece.text) else {
            return Err(Refusal::new(piece, "it is no JSON object of a statement"));
        };
        let is_v2 = head.version.as_deref().is_some_and(|version| version.starts_with("2."));
        let version = if is_v2 && self.remote.version() == Version::V2_0_0 { Version::V2_0_0 } else { Version::V1_0_3 };
        if head.id.is_none() {
            piece.text = with_id(&piece.text, id_for(&piece.text, &piece.origin.source, piece.origin.line));
        }
        Ok((version, piece))
    }

    /// Why the LRS refuses the group as a whole; `None` when it is stored.
    async fn post(&self, group: &Group) -> anyhow::Result<Option<String>> {
        let texts: Vec<&[u8]> = group.pieces.iter().map(|piece| &piece.text[..]).collect();
        let statements = [b"[", &texts.join(&b","[..])[..], b"]"].concat();
        let attachments = self.attachments_of(&texts);
        let answer = if attachments.is_empty() {
            let body = || statements.clone().into();
            self.remote.post_statements(group.version, "application/json", &body).await?
        } else {
            let writer = MultipartWriter::new(format!("lyceum{}", SystemIds.uuid().simple()));
            let body = || multipart(&writer, &statements, &attachments);
            self.remote.post_statements(group.version, &writer.content_type(), &body).await?
        };
        match answer.status() {
            status if status.is_success() => Ok(None),
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::PAYLOAD_TOO_LARGE => {
                Ok(Some(describe(answer).await))
            }
            _ => bail!("{} answers {}", self.remote.url(), describe(answer).await),
        }
    }

    fn attachments_of(&self, texts: &[&[u8]]) -> Vec<(AttachmentToSend, PathBuf)> {
        let Some(folder) = &self.attachments else { return Vec::new() };
        let named = attachments_of(texts.iter().copied()).into_iter();
        let hexadecimal = |sha2: &str| sha2.bytes().all(|byte| byte.is_ascii_hexdigit());
        let found = named.filter(|attachment| hexadecimal(&attachment.sha2));
        found
            .map(|attachment| (folder.join(&attachment.sha2), attachment))
            .filter(|(path, _)| path.exists())
            .map(|(path, attachment)| (attachment, path))
            .collect()
    }
}

/// A body that reads the attachments while it is sent.
fn multipart(
    writer: &MultipartWriter,
    statements: &[u8],
    attachments: &[(AttachmentToSend, PathBuf)],
) -> reqwest::Body {
    let text = |bytes: Vec<u8>| futures_util::stream::once(async { std::io::Result::Ok(bytes::Bytes::from(bytes)) });
    let begin = [writer.begin_statements(), statements.to_vec()].concat();
    let mut body = text(begin).boxed();
    for (attachment, path) in attachments {
        let head = writer.begin_attachment(&attachment.content_type, &attachment.sha2);
        let path = path.clone();
        let open = async move { tokio::fs::File::open(path).await };
        let file = futures_util::stream::once(open).flat_map(|opened| match opened {
            Ok(file) => ReaderStream::new(file).boxed(),
            Err(error) => futures_util::stream::once(async { Err(error) }).boxed(),
        });
        body = body.chain(text(head)).chain(file).boxed();
    }
    reqwest::Body::wrap_stream(body.chain(text(writer.end())))
}
