//! What a client sends to be recorded: valid statements, and the attachments that came with them.

use std::collections::HashMap;

use bytes::Bytes;
use lrs_store::UploadedAttachment;
use xapi::{
    AttachmentRef, SIGNATURE_USAGE_TYPE, Statement, Version, Violation, Violations, parse_statements, verify_signature,
};

use crate::Limit;
use crate::offload::{self, OFFLOAD_BYTES_MIN};
use crate::recording::RecordError;

/// Where a submission becomes too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmissionLimits {
    /// Bytes of the statements' JSON.
    pub statements_bytes_max: usize,
    /// Statements.
    pub batch_statements_max: usize,
    /// Bytes of one attachment.
    pub attachment_bytes_max: u64,
}

/// Signatures of one statement. Each is compared with the whole statement, so that their number bounds the work; a record that
/// several people sign has two or three.
const SIGNATURES_PER_STATEMENT_MAX: usize = 10;

/// An attachment whose bytes came with its statements.
#[derive(Debug)]
pub struct ReceivedAttachment {
    /// The SHA-2 under which the statement names it, lower-case; it is the true one.
    pub sha2: String,
    /// The bytes, in the store already.
    pub upload: UploadedAttachment,
    /// The bytes again, kept when they are a signature.
    pub signature: Option<Vec<u8>>,
}

/// Valid statements with their attachments. `Default` is an empty batch.
#[derive(Debug, Default)]
pub struct Submission {
    /// The statements as sent.
    pub statements: Vec<Statement>,
    /// Whether it was one statement, not an array.
    pub single: bool,
    /// The attachments that came.
    pub received: Vec<ReceivedAttachment>,
    /// How long the statements' JSON was.
    pub statements_bytes: usize,
}

impl Submission {
    /// Parses statements that came without attachments (`application/json`).
    ///
    /// # Errors
    /// `Invalid` with every violation of the statements, `TooLarge` for more bytes or statements than `limits` permits.
    pub async fn from_json(body: Bytes, version: Version, limits: SubmissionLimits) -> Result<Self, RecordError> {
        let size = body.len();
        let (statements, is_array) = if size > limits.statements_bytes_max {
            return Err(RecordError::TooLarge {
                limit: Limit::BytesOfStatements,
                max: u64::try_from(limits.statements_bytes_max).unwrap_or(u64::MAX),
            });
        } else {
            offload::run(size >= OFFLOAD_BYTES_MIN, move || parse_statements(&body, version)).await?
        };
        if statements.len() > limits.batch_statements_max {
            return Err(RecordError::TooLarge {
                limit: Limit::Statements,
                max: u64::try_from(limits.batch_statements_max).unwrap_or(u64::MAX),
            });
        }
        Ok(Self { statements, single: !is_array, received: Vec::new(), statements_bytes: size })
    }

    /// Every attachment with the position of its statement in the batch.
    pub(crate) fn named_attachments(&self) -> impl Iterator<Item = (usize, &AttachmentRef)> {
        self.statements
            .iter()
            .enumerate()
            .flat_map(|(index, statement)| statement.attachments.iter().map(move |attachment| (index, attachment)))
    }

    /// Checks that every attachment came whose bytes can be had nowhere else, unless `missing_may_be`, and that signatures
    /// sign what they came with (Data 2.4.11, Data 2.6, Communication 1.5.2).
    pub(crate) fn check_attachments(&self, missing_may_be: bool) -> Result<(), Violations> {
        let received: HashMap<&str, &ReceivedAttachment> =
            self.received.iter().map(|part| (part.sha2.as_str(), part)).collect();
        let mut violations = Vec::new();
        let mut signatures = vec![0; self.statements.len()];
        for (index, attachment) in self.named_attachments() {
            let is_signature = attachment.usage_type == SIGNATURE_USAGE_TYPE;
            match received.get(attachment.sha2.as_str()) {
                Some(part) if is_signature => {
                    signatures[index] += 1;
                    if signatures[index] > SIGNATURES_PER_STATEMENT_MAX {
                        violations.push(self.at(index, too_many_signatures(attachment)));
                        continue;
                    }
                    let jws = part.signature.as_deref().unwrap_or_default();
                    if let Err(broken) = verify_signature(&self.statements[index].to_json(), attachment, jws) {
                        violations.extend(broken.into_iter().map(|violation| self.at(index, violation)));
                    }
                }
                None if !missing_may_be && (is_signature || !attachment.has_file_url) => {
                    violations.push(self.at(index, missing_part(attachment, is_signature)));
                }
                Some(_) | None => {}
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) }
    }

    fn at(&self, index: usize, violation: Violation) -> Violation {
        Violation { index: (!self.single).then_some(index), ..violation }
    }
}

fn too_many_signatures(attachment: &AttachmentRef) -> Violation {
    let expected = format!("at most {SIGNATURES_PER_STATEMENT_MAX} signatures of one statement");
    Violation::new(attachment.pointer.clone(), "Data 2.6", expected, "one more")
}

fn missing_part(attachment: &AttachmentRef, is_signature: bool) -> Violation {
    let expected = if is_signature {
        "the signature's bytes in a part of a multipart/mixed body with this X-Experience-API-Hash"
    } else {
        "a fileUrl, or a part of a multipart/mixed body with this X-Experience-API-Hash"
    };
    Violation {
        index: None,
        pointer: attachment.pointer.clone(),
        rule: "Communication 1.5.2".to_owned(),
        expected: expected.to_owned(),
        found: format!("no part with the hash {}", attachment.sha2),
    }
}
