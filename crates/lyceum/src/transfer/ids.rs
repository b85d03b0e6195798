//! Ids for statements that came without one, so that importing a file twice stores its statements once.

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

/// The id of a statement without one: a name-based UUID of its text, its file's name and its line there, so that equal
/// statements in other places stay different, and the same file gives the same ids again, wherever it lies.
pub fn id_for(text: &[u8], source: &str, line: u64) -> Uuid {
    let name = source.rsplit('/').next().unwrap_or(source);
    let place = format!("{name}\n{line}\n");
    let digest = Sha256::new().chain_update(place).chain_update(text).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// Puts an id in front of the other members of a JSON object.
pub fn with_id(text: &[u8], id: Uuid) -> Vec<u8> {
    let members = text.strip_prefix(b"{").unwrap_or(text);
    let mut complete = format!("{{\"id\":\"{id}\",").into_bytes();
    complete.extend_from_slice(members);
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_line_gets_the_same_id_and_stays_json() {
        let text = br#"{"a":1}"#;
        let id = id_for(text, "data/a.json", 3);
        assert_eq!(id, id_for(text, "other/a.json", 3));
        for another in [id_for(text, "b.json", 3), id_for(text, "a.json", 4), id_for(br#"{"a":2}"#, "a.json", 3)] {
            assert_ne!(id, another);
        }
        let json: serde_json::Value = serde_json::from_slice(&with_id(text, id)).expect("JSON");
        assert_eq!(json, serde_json::json!({"id": id.to_string(), "a": 1}));
    }
}
