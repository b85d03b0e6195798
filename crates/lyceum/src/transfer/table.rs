//! Statements as rows of a table: one column for each path.

use xapi::{Json, JsonValue};

/// Columns when none are chosen: what a teacher's spreadsheet needs.
pub const COLUMNS_DEFAULT: &str = "timestamp,actor.name,actor.mbox,actor.account.name,verb.id,verb.display,object.id,\
     object.definition.name,result.score.scaled,result.score.raw,result.success,result.completion,result.duration,\
     context.registration,id,stored";

/// Where in a statement a column's value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As it was given: the heading.
    pub heading: String,
    steps: Vec<String>,
}

impl Column {
    /// Parses `actor.name`, `context.contextActivities.parent.0.id`, or, for names with dots, a JSON pointer such as
    /// `/result/extensions/https:~1~1example.org~1attempt`.
    pub fn parse(text: &str) -> Option<Self> {
        let steps: Vec<String> = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        let usable = !text.is_empty() && steps.iter().all(|step| !step.is_empty());
        usable.then(|| Self { heading: text.to_owned(), steps })
    }

    /// The value in a statement, as the text of a cell; empty when it is not there. `guard` puts an apostrophe before text that a
    /// spreadsheet would take for a formula.
    pub fn cell(&self, statement: &Json<'_>, guard: bool) -> String {
        let mut value = statement;
        for step in &self.steps {
            let next = match value.value() {
                JsonValue::Array(elements) => step.parse::<usize>().ok().and_then(|index| elements.get(index)),
                _ => value.get(step),
            };
            let Some(next) = next else { return String::new() };
            value = next;
        }
        let is_language_map =
            self.steps.last().is_some_and(|last| matches!(&**last, "display" | "name" | "description"));
        if let (true, Some(languages)) = (is_language_map, value.as_object()) {
            let english = languages.iter().find(|(tag, _)| tag.starts_with("en"));
            if let Some(text) = english.or(languages.first()).and_then(|(_, text)| text.as_str()) {
                return guarded(text, guard);
            }
        }
        match value.as_str() {
            Some(text) => guarded(text, guard),
            None if value.is_null() => String::new(),
            // Numbers keep their spelling; they are no formulas.
            None => value.text().to_owned(),
        }
    }
}

fn guarded(text: &str, guard: bool) -> String {
    if guard && text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = r#"{"actor":{"name":"=cmd()","mbox":"mailto:a@example.org"},"verb":{"display":{"de":"las","en-US":"read"}},
        "result":{"score":{"scaled":-0.50},"success":true,"extensions":{"https://example.org/a.b":"+1"}},
        "context":{"contextActivities":{"parent":[{"id":"https://example.org/x"}]}},"object":{"definition":{"name":{"de":"Quiz"}}}}"#;

    fn check(column: &str, guard: bool, cell: &str) {
        let statement = Json::parse(STATEMENT.as_bytes()).expect("JSON");
        assert_eq!(Column::parse(column).expect("a column").cell(&statement, guard), cell, "{column}");
    }

    #[test]
    fn a_column_finds_its_value_wherever_it_stands() {
        check("actor.mbox", true, "mailto:a@example.org");
        check("actor.account.name", true, "");
        check("verb.display", true, "read");
        check("verb.display.de", true, "las");
        check("object.definition.name", true, "Quiz");
        check("result.score.scaled", true, "-0.50");
        check("result.success", true, "true");
        check("result.score", true, r#"{"scaled":-0.50}"#);
        check("context.contextActivities.parent.0.id", true, "https://example.org/x");
        check("context.contextActivities.parent.1.id", true, "");
        check("/result/extensions/https:~1~1example.org~1a.b", false, "+1");
    }

    #[test]
    fn text_that_a_spreadsheet_would_run_is_guarded() {
        check("actor.name", true, "'=cmd()");
        check("actor.name", false, "=cmd()");
        check("/result/extensions/https:~1~1example.org~1a.b", true, "'+1");
    }

    #[test]
    fn a_path_without_steps_is_no_column() {
        for text in ["", ".", "actor..name", "/", "a."] {
            assert_eq!(Column::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_default_columns_are_columns() {
        assert!(
            COLUMNS_DEFAULT.split(',').all(|column| Column::parse(column).is_some_and(|c| !c.heading.contains(' ')))
        );
    }
}
