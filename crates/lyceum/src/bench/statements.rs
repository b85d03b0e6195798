//! The statements that the load generator writes: about 1 KB each, like those of a learning platform in one term.
//!
//! 10,000 learners, 1,000 activities in 50 courses of 10 programmes, 20 verbs; popularity of activities and verbs falls
//! as 1/rank (Zipf). Statement `n` of a seed is always the same, whoever asks and in whatever order.

use std::fmt::Write as _;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use uuid::{Builder, Uuid};

const LEARNERS: usize = 10_000;
const ACTIVITIES: usize = 1_000;
const COURSES: usize = 50;
const PROGRAMMES: usize = 10;

/// Where the imaginary platform lives.
const HOME: &str = "https://campus.example.org";

/// 1 September 2025, 08:00 UTC: the first instant of the imaginary term.
const TERM_BEGIN_S: u64 = 1_756_713_600;
/// 120 days; statements are spread over them.
const TERM_S: u64 = 120 * 86_400;

const VERBS: [(&str, &str); 20] = [
    ("http://adlnet.gov/expapi/verbs/experienced", "experienced"),
    ("http://adlnet.gov/expapi/verbs/answered", "answered"),
    ("http://adlnet.gov/expapi/verbs/completed", "completed"),
    ("http://adlnet.gov/expapi/verbs/initialized", "initialized"),
    ("http://adlnet.gov/expapi/verbs/terminated", "terminated"),
    ("http://adlnet.gov/expapi/verbs/attempted", "attempted"),
    ("http://adlnet.gov/expapi/verbs/passed", "passed"),
    ("http://adlnet.gov/expapi/verbs/failed", "failed"),
    ("http://adlnet.gov/expapi/verbs/progressed", "progressed"),
    ("http://adlnet.gov/expapi/verbs/interacted", "interacted"),
    ("https://w3id.org/xapi/video/verbs/played", "played"),
    ("https://w3id.org/xapi/video/verbs/paused", "paused"),
    ("https://w3id.org/xapi/video/verbs/seeked", "seeked"),
    ("http://id.tincanapi.com/verb/viewed", "viewed"),
    ("http://adlnet.gov/expapi/verbs/launched", "launched"),
    ("http://adlnet.gov/expapi/verbs/registered", "registered"),
    ("http://adlnet.gov/expapi/verbs/commented", "commented"),
    ("http://adlnet.gov/expapi/verbs/shared", "shared"),
    ("http://adlnet.gov/expapi/verbs/suspended", "suspended"),
    ("http://adlnet.gov/expapi/verbs/resumed", "resumed"),
];

const KINDS: [(&str, &str); 4] =
    [("assessment", "Quiz"), ("lesson", "Lesson"), ("media", "Video"), ("simulation", "Laboratory")];

/// What one statement is about, before it is spelled out.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// Its id, a random UUID (version 4).
    pub id: Uuid,
    /// Who: below 10,000.
    pub learner: usize,
    /// In what: below 1,000.
    pub activity: usize,
    /// Did what: below 20.
    pub verb: usize,
    /// The learner's registration in the activity's course.
    pub registration: Uuid,
}

/// The source of statements: parts rendered once, put together for each.
#[derive(Debug)]
pub struct Statements {
    seed: u64,
    actors: Vec<String>,
    verbs: Vec<String>,
    objects: Vec<String>,
    contexts: Vec<String>,
    activity_ranks: Vec<f64>,
    verb_ranks: Vec<f64>,
}

impl Statements {
    /// Renders the parts.
    pub fn new(seed: u64) -> Self {
        let actors = (0..LEARNERS)
            .map(|n| format!(r#""actor":{{"objectType":"Agent","name":"Learner {n:05}",{}}},"#, identifier(n)))
            .collect();
        let verbs =
            VERBS.iter().map(|(id, name)| format!(r#""verb":{{"id":"{id}","display":{{"en":"{name}"}}}},"#)).collect();
        Self {
            seed,
            actors,
            verbs,
            objects: (0..ACTIVITIES).map(object).collect(),
            contexts: (0..COURSES).map(context_activities).collect(),
            activity_ranks: zipf(ACTIVITIES),
            verb_ranks: zipf(VERBS.len()),
        }
    }

    /// What statement `n` is about.
    pub fn subject(&self, n: u64) -> Subject {
        self.draw(n).0
    }

    /// The generator of further choices about `n` comes along, so that each choice is made once.
    fn draw(&self, n: u64) -> (Subject, SmallRng) {
        let mut rng = SmallRng::seed_from_u64(self.seed ^ n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let id = Builder::from_random_bytes(rng.random()).into_uuid();
        let learner = rng.random_range(0..LEARNERS);
        let activity = pick(&self.activity_ranks, &mut rng);
        let verb = pick(&self.verb_ranks, &mut rng);
        (Subject { id, learner, activity, verb, registration: registration(learner, activity) }, rng)
    }

    /// Appends statement `n` as JSON.
    pub fn render(&self, n: u64, text: &mut String) {
        let (subject, mut rng) = self.draw(n);
        let Subject { id, learner, activity, verb, registration } = subject;
        let mut buffer = [0; 36];
        text.push_str(r#"{"id":""#);
        text.push_str(id.hyphenated().encode_lower(&mut buffer));
        text.push_str(r#"","timestamp":""#);
        push_timestamp(n, rng.random_range(0..1000), text);
        text.push_str("\",");
        text.push_str(&self.actors[learner]);
        text.push_str(&self.verbs[verb]);
        text.push_str(&self.objects[activity]);
        let points: u32 = rng.random_range(0..=100);
        let (minutes, seconds) = (rng.random_range(0..90), rng.random_range(1..60));
        let (hundreds, rest) = (points / 100, points % 100);
        let passed = points >= 50;
        let attempt: u32 = rng.random_range(1..5);
        let session: u64 = rng.random();
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            r#""result":{{"score":{{"scaled":{hundreds}.{rest:02},"raw":{points},"min":0,"max":100}},"success":{passed},"completion":true,"duration":"PT{minutes}M{seconds}S","extensions":{{"{HOME}/xapi/attempt":{attempt}}}}},"context":{{"registration":""#
        );
        text.push_str(registration.hyphenated().encode_lower(&mut buffer));
        text.push_str(&self.contexts[course(activity)]);
        let _ =
            write!(text, r#""extensions":{{"{HOME}/xapi/session":"{session:016x}","{HOME}/xapi/client":"web"}}}}}}"#);
    }

    /// The value of the query parameter `agent` for a learner.
    pub fn agent(learner: usize) -> String {
        format!("{{{}}}", identifier(learner))
    }

    /// The id of an activity.
    pub fn activity_id(activity: usize) -> String {
        format!("{HOME}/courses/{}/activities/{activity}", course(activity))
    }

    /// The id of the course that an activity belongs to: the parent in its statements' contexts.
    pub fn course_id(activity: usize) -> String {
        format!("{HOME}/courses/{}", course(activity))
    }

    /// The id of a verb.
    pub fn verb_id(verb: usize) -> &'static str {
        VERBS[verb].0
    }
}

fn course(activity: usize) -> usize {
    activity % COURSES
}

/// Half of the learners are known by an account of the platform, half by their address.
fn identifier(learner: usize) -> String {
    if learner.is_multiple_of(2) {
        format!(r#""account":{{"homePage":"{HOME}","name":"learner-{learner:05}"}}"#)
    } else {
        format!(r#""mbox":"mailto:learner-{learner:05}@campus.example.org""#)
    }
}

fn object(activity: usize) -> String {
    let id = Statements::activity_id(activity);
    let (kind, word) = KINDS[activity % KINDS.len()];
    format!(
        r#""object":{{"objectType":"Activity","id":"{id}","definition":{{"type":"http://adlnet.gov/expapi/activities/{kind}","name":{{"en":"{word} {activity}"}},"description":{{"en":"{word} {activity} of course {}, as the syllabus has it"}}}}}},"#,
        course(activity)
    )
}

fn context_activities(course: usize) -> String {
    let programme = course % PROGRAMMES;
    format!(
        r#"","platform":"Campus","language":"en","contextActivities":{{"parent":[{{"objectType":"Activity","id":"{HOME}/courses/{course}","definition":{{"type":"http://adlnet.gov/expapi/activities/course","name":{{"en":"Course {course}"}}}}}}],"grouping":[{{"id":"{HOME}/programmes/{programme}"}}]}},"#
    )
}

/// The same for a learner in a course, however often it is asked.
fn registration(learner: usize, activity: usize) -> Uuid {
    let mut rng = SmallRng::seed_from_u64((learner * COURSES + course(activity)) as u64);
    Builder::from_random_bytes(rng.random()).into_uuid()
}

fn push_timestamp(n: u64, milliseconds: u32, text: &mut String) {
    // A prime step walks through the term without repeating soon.
    let second = TERM_BEGIN_S + n.wrapping_mul(7_919) % TERM_S;
    let (hour, minute, second_of_minute) = (second / 3600 % 24, second / 60 % 60, second % 60);
    let (year, month, day) = date_of(second / 86_400);
    let _ = write!(text, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second_of_minute:02}.{milliseconds:03}Z");
}

/// The civil date of a day since 1970-01-01, for dates after it (Howard Hinnant's algorithm).
fn date_of(day: u64) -> (u64, u64, u64) {
    let shifted = day + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// Cumulative probabilities of ranks whose popularity falls as 1/rank.
fn zipf(ranks: usize) -> Vec<f64> {
    let weights = (1..=ranks).map(|rank| 1.0 / f64::from(u32::try_from(rank).expect("there are at most 1,000 ranks")));
    let total: f64 = weights.clone().sum();
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight / total;
            Some(*sum)
        })
        .collect()
}

fn pick(cumulative: &[f64], rng: &mut SmallRng) -> usize {
    let chance: f64 = rng.random();
    cumulative.partition_point(|bound| *bound <= chance).min(cumulative.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(statements: &Statements, n: u64) -> String {
        let mut text = String::new();
        statements.render(n, &mut text);
        text
    }

    #[test]
    fn a_statement_depends_on_seed_and_number_alone() {
        let (one, again, other) = (Statements::new(7), Statements::new(7), Statements::new(8));
        assert_eq!(render(&one, 41), render(&again, 41));
        assert_ne!(render(&one, 41), render(&one, 42));
        assert_ne!(render(&one, 41), render(&other, 41));
    }

    #[test]
    fn statements_are_json_of_about_a_kilobyte_and_say_what_their_subject_says() {
        let statements = Statements::new(3);
        for n in (0..2_000_000).step_by(9_973) {
            let text = render(&statements, n);
            let json: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
            let subject = statements.subject(n);
            assert!((900..1400).contains(&text.len()), "{} bytes", text.len());
            assert_eq!(json["id"], subject.id.to_string());
            assert_eq!(json["object"]["id"], Statements::activity_id(subject.activity));
            assert_eq!(json["verb"]["id"], Statements::verb_id(subject.verb));
            assert_eq!(json["context"]["registration"], subject.registration.to_string());
            assert_eq!(
                json["context"]["contextActivities"]["parent"][0]["id"],
                Statements::course_id(subject.activity)
            );
            let instant = json["timestamp"].as_str().expect("text");
            assert!(instant.parse::<jiff::Timestamp>().is_ok(), "{instant}");
        }
    }

    #[test]
    fn popularity_of_activities_falls_with_rank() {
        let statements = Statements::new(5);
        let mut counts = vec![0_u32; ACTIVITIES];
        for n in 0..100_000 {
            counts[statements.subject(n).activity] += 1;
        }
        // 1/(1 · H(1000)) = 13.4 % for the first, a tenth of it for the tenth.
        assert!((12_000..15_000).contains(&counts[0]), "{}", counts[0]);
        assert!((1_000..1_700).contains(&counts[9]), "{}", counts[9]);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for day in (0..40_000).step_by(13) {
            let instant = jiff::Timestamp::from_second(i64::try_from(day * 86_400).expect("small")).expect("in range");
            let (year, month, date) = date_of(day);
            assert_eq!(format!("{year:04}-{month:02}-{date:02}"), instant.to_string()[..10]);
        }
    }
}
