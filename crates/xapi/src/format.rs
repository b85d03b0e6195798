//! The three formats in which statements are answered: exact, ids, canonical (Communication 2.1.3).

use crate::json::write_object;
use crate::language::{LanguagePreferences, write_preferred};
use crate::{Json, Version};

/// The `format` parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// As stored.
    #[default]
    Exact,
    /// Only identifiers of agents, groups, activities and verbs.
    Ids,
    /// Definitions in one language each.
    Canonical,
}

/// Rewrites a stored statement (a JSON object that this crate accepted) in `format`. Numbers and everything the format does
/// not speak of keep their spelling. `definition` gives the canonical definition that the LRS holds for an activity id,
/// if any; where it gives none, the statement's own definition counts. Both versions are answered alike: 2.0 demands of `ids`
/// what 1.0.3 only recommends, that a verb consists of its id.
///
/// ```
/// use xapi::{Format, LanguagePreferences, Version, format_statement};
/// let stored = br#"{"verb":{"id":"http://example.org/read","display":{"en":"read"}}}"#;
/// let ids = format_statement(stored, Format::Ids, &LanguagePreferences::default(), Version::V2_0_0, &|_| None);
/// assert_eq!(ids, br#"{"verb":{"id":"http://example.org/read"}}"#);
/// ```
#[must_use]
pub fn format_statement(
    body: &[u8],
    format: Format,
    languages: &LanguagePreferences,
    _version: Version,
    definition: &dyn Fn(&str) -> Option<String>,
) -> Vec<u8> {
    let Some(statement) = Json::parse(body).ok().filter(|_| format != Format::Exact) else { return body.to_vec() };
    let mut out = String::with_capacity(body.len());
    let rewriter = Rewriter { format, languages, definition };
    rewriter.write_members(&statement, &mut out, Rewriter::write_statement_member);
    out.into_bytes()
}

struct Rewriter<'r> {
    format: Format,
    languages: &'r LanguagePreferences,
    definition: &'r dyn Fn(&str) -> Option<String>,
}

type WriteMember<'r> = fn(&Rewriter<'r>, &str, &Json<'_>, &mut String);

impl<'r> Rewriter<'r> {
    fn write_members(&self, json: &Json<'_>, out: &mut String, write: WriteMember<'r>) {
        match json.as_object() {
            Some(members) => write_object(members, out, |name, value, out| write(self, name, value, out)),
            None => json.write_compact(out),
        }
    }

    /// Only the members that `keep` names, as they are spelled.
    fn write_only(json: &Json<'_>, keep: &[&str], out: &mut String) {
        let members = json.as_object().unwrap_or_default().iter().filter(|(name, _)| keep.contains(&&**name));
        write_object(members, out, |_, value, out| value.write_compact(out));
    }

    fn write_each(json: &Json<'_>, out: &mut String, write: impl Fn(&Json<'_>, &mut String)) {
        let Some(elements) = json.as_array() else {
            write(json, out);
            return;
        };
        out.push('[');
        for (position, element) in elements.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write(element, out);
        }
        out.push(']');
    }

    /// A member of a statement or sub-statement.
    fn write_statement_member(&self, name: &str, json: &Json<'_>, out: &mut String) {
        match name {
            "actor" | "authority" => self.write_actor(json, out),
            "verb" => self.write_verb(json, out),
            "object" => match json.get("objectType").and_then(Json::as_str) {
                Some("Agent" | "Group") => self.write_actor(json, out),
                Some("SubStatement") => self.write_members(json, out, Self::write_statement_member),
                Some("StatementRef") => json.write_compact(out),
                _ => self.write_activity(json, out),
            },
            "context" => self.write_members(json, out, Self::write_context_member),
            "attachments" => {
                Self::write_each(json, out, |json, out| self.write_members(json, out, Self::write_described_member));
            }
            _ => json.write_compact(out),
        }
    }

    fn write_context_member(&self, name: &str, json: &Json<'_>, out: &mut String) {
        match name {
            "instructor" | "team" => self.write_actor(json, out),
            "contextActivities" => self.write_members(json, out, |rewriter, _, json, out| {
                Self::write_each(json, out, |json, out| rewriter.write_activity(json, out));
            }),
            "contextAgents" | "contextGroups" => Self::write_each(json, out, |json, out| {
                self.write_members(json, out, |rewriter, name, json, out| match name {
                    "agent" | "group" => rewriter.write_actor(json, out),
                    _ => json.write_compact(out),
                });
            }),
            _ => json.write_compact(out),
        }
    }

    /// `ids`: the identifier and the object type; of an anonymous group the members', too.
    fn write_actor(&self, json: &Json<'_>, out: &mut String) {
        if self.format != Format::Ids {
            json.write_compact(out);
            return;
        }
        let identifiers = ["mbox", "mbox_sha1sum", "openid", "account"];
        let is_identified = identifiers.iter().any(|name| json.get(name).is_some());
        let kept =
            |name: &str| name == "objectType" || identifiers.contains(&name) || (name == "member" && !is_identified);
        let members = json.as_object().unwrap_or_default().iter().filter(|(name, _)| kept(name));
        write_object(members, out, |name, value, out| match name {
            "member" => Self::write_each(value, out, |json, out| self.write_actor(json, out)),
            _ => value.write_compact(out),
        });
    }

    fn write_verb(&self, json: &Json<'_>, out: &mut String) {
        match self.format {
            Format::Ids => Self::write_only(json, &["id"], out),
            _ => self.write_members(json, out, Self::write_described_member),
        }
    }

    /// `ids`: the id alone. `canonical`: the definition that the LRS holds, or else the statement's own.
    fn write_activity(&self, json: &Json<'_>, out: &mut String) {
        if self.format == Format::Ids {
            Self::write_only(json, &["id"], out);
            return;
        }
        let held = json.get("id").and_then(Json::as_str).and_then(|id| (self.definition)(id));
        let Some(held) = held.as_ref().and_then(|text| Json::parse(text.as_bytes()).ok()) else {
            self.write_members(json, out, |rewriter, name, json, out| match name {
                "definition" => rewriter.write_members(json, out, Self::write_described_member),
                _ => json.write_compact(out),
            });
            return;
        };
        let members = json.as_object().unwrap_or_default().iter().filter(|(name, _)| name != "definition");
        write_object(members, out, |_, value, out| value.write_compact(out));
        // A valid Activity has an id, so a member stands before this one.
        out.pop();
        out.push_str(",\"definition\":");
        self.write_members(&held, out, Self::write_described_member);
        out.push('}');
    }

    /// A member of a verb, a definition, an interaction component or an attachment: `canonical` has language maps in one language.
    fn write_described_member(&self, name: &str, json: &Json<'_>, out: &mut String) {
        match name {
            _ if self.format != Format::Canonical => json.write_compact(out),
            "name" | "display" | "description" => write_preferred(json, self.languages, out),
            "choices" | "scale" | "source" | "target" | "steps" => {
                Self::write_each(json, out, |json, out| self.write_members(json, out, Self::write_described_member));
            }
            _ => json.write_compact(out),
        }
    }
}
