//! Statements with attachments as they arrive (`multipart/mixed`, Communication 1.5.2): the statements are validated before the
//! first attachment is taken, and attachments go straight to the store.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use lrs_store::{AttachmentUpload, Store, UploadedAttachment};
use xapi::{MultipartEvent, MultipartReader, PartHeaders, SIGNATURE_USAGE_TYPE, Version, Violation};

use crate::Limit;
use crate::recording::RecordError;
use crate::submission::{ReceivedAttachment, Submission, SubmissionLimits};

/// Takes a multipart body bit by bit and becomes a [`Submission`]. Memory is bounded by the statements' limit, whatever the
/// size of the attachments; only signatures are also kept, up to the same limit each.
pub struct MultipartSubmission {
    reader: Option<MultipartReader>,
    store: Arc<dyn Store>,
    version: Version,
    limits: SubmissionLimits,
    parts: usize,
    held_bytes: usize,
    place: Place,
    statements_body: Vec<u8>,
    submission: Submission,
    /// Every SHA-2 that a statement names, and whether it is that of a signature.
    named: HashMap<String, bool>,
}

/// Which part is being read.
enum Place {
    Outside,
    Statements,
    Attachment(Attachment),
}

struct Attachment {
    sha2: String,
    size_bytes: u64,
    upload: Box<dyn AttachmentUpload>,
    signature: Option<Vec<u8>>,
}

impl MultipartSubmission {
    /// `content_type` is the header's value.
    ///
    /// # Errors
    /// `Invalid` when it is not `multipart/mixed` with a usable boundary.
    pub fn new(
        content_type: &str,
        store: Arc<dyn Store>,
        version: Version,
        limits: SubmissionLimits,
    ) -> Result<Self, RecordError> {
        Ok(Self {
            reader: Some(MultipartReader::new(content_type)?),
            store,
            version,
            limits,
            parts: 0,
            held_bytes: 0,
            place: Place::Outside,
            statements_body: Vec::new(),
            submission: Submission::default(),
            named: HashMap::new(),
        })
    }

    /// How much of what was pushed is in memory and stays there: the statements and signatures.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Takes the next bytes of the body.
    ///
    /// # Errors
    /// `Invalid` when the body is malformed, the statements break rules, or a part has other headers or bytes than the
    /// attachment that a statement names; `TooLarge` beyond the limits; `Store` when bytes cannot be kept. The
    /// submission is of no use afterwards.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<(), RecordError> {
        let events = self.reader.as_mut().map(|reader| reader.push(chunk)).transpose()?.unwrap_or_default();
        for event in events {
            self.take(event).await?;
        }
        Ok(())
    }

    /// The body is over.
    ///
    /// # Errors
    /// `Invalid` when it ended before its closing boundary.
    pub async fn finish(mut self) -> Result<Submission, RecordError> {
        let events = self.reader.take().map(MultipartReader::finish).transpose()?.unwrap_or_default();
        for event in events {
            self.take(event).await?;
        }
        if self.parts == 0 {
            return Err(violation("body", "a first part with the statements", "no part").into());
        }
        Ok(self.submission)
    }

    async fn take(&mut self, event: MultipartEvent) -> Result<(), RecordError> {
        match event {
            MultipartEvent::Part(headers) => {
                self.parts += 1;
                self.place = if self.parts == 1 {
                    headers.expect_statements()?;
                    Place::Statements
                } else {
                    Place::Attachment(self.begin_attachment(&headers).await?)
                };
            }
            MultipartEvent::Data(bytes) => self.take_data(&bytes).await?,
            MultipartEvent::PartEnd => self.end_part().await?,
        }
        Ok(())
    }

    async fn take_data(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        match &mut self.place {
            Place::Outside => {}
            Place::Statements => {
                if self.statements_body.len() + bytes.len() > self.limits.statements_bytes_max {
                    let max = u64::try_from(self.limits.statements_bytes_max).unwrap_or(u64::MAX);
                    return Err(RecordError::TooLarge { limit: Limit::BytesOfStatements, max });
                }
                self.statements_body.extend_from_slice(bytes);
                self.held_bytes += bytes.len();
            }
            Place::Attachment(attachment) => {
                attachment.write(bytes, self.limits).await?;
                self.held_bytes += if attachment.signature.is_some() { bytes.len() } else { 0 };
            }
        }
        Ok(())
    }

    async fn end_part(&mut self) -> Result<(), RecordError> {
        match std::mem::replace(&mut self.place, Place::Outside) {
            Place::Outside => {}
            Place::Statements => {
                let body = Bytes::from(std::mem::take(&mut self.statements_body));
                self.submission = Submission::from_json(body, self.version, self.limits).await?;
                for (_, attachment) in self.submission.named_attachments() {
                    let is_signature = attachment.usage_type == SIGNATURE_USAGE_TYPE;
                    *self.named.entry(attachment.sha2.clone()).or_default() |= is_signature;
                }
            }
            Place::Attachment(Attachment { sha2, upload, signature, .. }) => {
                let upload = upload.finish().await?;
                check_sha2(self.parts, &sha2, &upload)?;
                self.submission.received.push(ReceivedAttachment { sha2, upload, signature });
            }
        }
        Ok(())
    }

    async fn begin_attachment(&mut self, headers: &PartHeaders) -> Result<Attachment, RecordError> {
        let sha2 = headers.expect_attachment(self.parts)?;
        let Some(&is_signature) = self.named.get(&sha2) else {
            let expected = "the hash of an attachment that a statement of this request names";
            return Err(violation(&format!("part {}", self.parts), expected, &sha2).into());
        };
        let signature = is_signature.then(Vec::new);
        Ok(Attachment { sha2, size_bytes: 0, upload: self.store.begin_attachment().await?, signature })
    }
}

impl Attachment {
    async fn write(&mut self, bytes: &[u8], limits: SubmissionLimits) -> Result<(), RecordError> {
        self.size_bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.size_bytes > limits.attachment_bytes_max {
            return Err(RecordError::TooLarge { limit: Limit::BytesOfAttachment, max: limits.attachment_bytes_max });
        }
        if let Some(signature) = &mut self.signature {
            if signature.len() + bytes.len() > limits.statements_bytes_max {
                let max = u64::try_from(limits.statements_bytes_max).unwrap_or(u64::MAX);
                return Err(RecordError::TooLarge { limit: Limit::BytesOfSignature, max });
            }
            signature.extend_from_slice(bytes);
        }
        Ok(self.upload.write(bytes).await?)
    }
}

/// The declared hash must be the true one, of whatever width it is.
fn check_sha2(part: usize, declared: &str, upload: &UploadedAttachment) -> Result<(), Violation> {
    let [sha224, sha384, sha512] = &upload.other_sha2;
    let same_width = [sha224, &upload.sha256, sha384, sha512].into_iter().find(|hash| hash.len() == declared.len());
    match same_width {
        Some(hash) if hash == declared => Ok(()),
        Some(hash) => Err(violation(&format!("part {part}"), &format!("bytes with the hash {declared}"), hash)),
        None => Err(violation(&format!("part {part}"), "a SHA-224, SHA-256, SHA-384 or SHA-512", declared)),
    }
}

fn violation(pointer: &str, expected: &str, found: &str) -> Violation {
    Violation {
        index: None,
        pointer: pointer.to_owned(),
        rule: "Communication 1.5.2".to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
