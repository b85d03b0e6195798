//! What the program says about itself: help with examples, units and defaults, completions, manual pages.

use clap::{Arg, Command, CommandFactory as _};
use lyceum::command_line::CommandLine;
use lyceum::configuration::NAMES;

use crate::harness::{Folder, lyceum};

/// What a value is: a unit, or the word that its help explains.
const VALUES: [&str; 27] = [
    "ADDRESS:PORT",
    "BOOL",
    "BYTES",
    "COLUMNS",
    "COUNT",
    "DAYS",
    "DIR",
    "EMAIL",
    "FILE",
    "FILTER",
    "FORM",
    "FORMAT",
    "INSTANT",
    "IRI",
    "JSON",
    "KEY",
    "N",
    "NAME",
    "NUMBER",
    "PER_SECOND",
    "PID",
    "REGION",
    "SCOPE",
    "SECONDS",
    "TEXT",
    "URL",
    "VERSION",
];
const WORDS: [&str; 6] = ["SHELL", "TIME", "WHEN", "WHICH", "WHO", "WORKLOADS"];

/// Calls `check` for each command that does something, with its full name.
fn for_each_command(command: &Command, name: &str, check: &mut impl FnMut(&Command, &str)) {
    if !command.has_subcommands() {
        check(command, name);
    }
    for child in command.get_subcommands() {
        for_each_command(child, &format!("{name} {}", child.get_name()), check);
    }
}

fn check_argument(argument: &Arg, command: &str) {
    let id = argument.get_id();
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    assert!(help.len() > 5, "{command}: {id} is not explained");
    assert!(!help.ends_with('.'), "{command}: {id}: {help}");
    let takes_value = argument.get_action().takes_values();
    let names = argument.get_value_names().filter(|_| takes_value).unwrap_or_default();
    for name in names.iter().flat_map(|name| name.as_str().split('|')) {
        let known = VALUES.iter().chain(&WORDS).any(|known| *known == name);
        assert!(known, "{command}: {id} takes {name}, which tells no unit");
    }
}

#[test]
fn every_argument_of_every_command_is_explained_with_its_unit() {
    let mut seen = 0;
    for_each_command(&CommandLine::command(), "lyceum", &mut |command, name| {
        assert!(command.get_about().is_some(), "{name}");
        for argument in command.get_arguments() {
            check_argument(argument, name);
            seen += 1;
        }
    });
    assert!(seen > NAMES.len() + 60, "{seen} arguments were seen");
}

#[test]
fn every_command_shows_examples_that_are_right() {
    let root = CommandLine::command();
    for command in std::iter::once(&root).chain(root.get_subcommands()) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{}: {help}", command.get_name()));
        let examples: Vec<&str> = examples.lines().take_while(|line| line.starts_with("  ")).collect();
        assert!(!examples.is_empty(), "{}: {help}", command.get_name());
        for example in examples {
            let call = &example[example.find("lyceum ").expect("an example calls the program")..];
            let words =
                call.split([' ', '"']).filter(|word| !word.is_empty()).take_while(|word| !"|>&".contains(&word[..1]));
            let words: Vec<&str> = words.map(|word| if word == "PID" { "1" } else { word }).collect();
            let parsed = root.clone().try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{example}: {}", parsed.expect_err("it failed"));
        }
    }
}

#[test]
fn help_of_serve_names_each_setting_with_its_variable_and_default() {
    let help = lyceum(&["serve", "--help"]).expect_success().stdout;
    // Lines are wrapped to the width of a terminal.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in NAMES {
        let flag = format!("--{} ", name.replace('_', "-"));
        let variable = format!("[env: LYCEUM_{}]", name.to_uppercase());
        assert!(help.contains(&flag) && help.contains(&variable), "{flag} {variable} in {help}");
    }
    for default in ["./data", "127.0.0.1:8080", "2.0.0", "268435456", "info", "local", "false"] {
        assert!(help.contains(&format!("[default: {default}]")), "{default} in {help}");
    }
}

#[test]
fn completions_know_the_commands_and_their_flags() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = lyceum(&["completions", shell]).expect_success().stdout;
        for word in ["doctor", "serve", "connections-max"] {
            assert!(completions.contains(word), "{word} is missing for {shell}");
        }
    }
    let folder = Folder::new();
    let script = folder.path("lyceum.bash");
    std::fs::write(&script, lyceum(&["completions", "bash"]).stdout).expect("room");
    let script = script.to_str().expect("UTF-8");
    let ask =
        format!(". {script}; COMP_WORDS=(lyceum key re) COMP_CWORD=2; _lyceum lyceum re key; echo ${{COMPREPLY[@]}}");
    let answer = std::process::Command::new("bash").args(["-c", &ask]).output().expect("bash is there");
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "revoke", "{answer:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new();
    let pages = folder.path("man1");
    lyceum(&["man", pages.to_str().expect("UTF-8")]).expect_success();
    for_each_command(&CommandLine::command(), "lyceum", &mut |command, name| {
        let file = pages.join(format!("{}.1", name.replace(' ', "-")));
        let page = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(page.contains(".TH "), "{name}: {page}");
        let plain = page.replace('\\', "");
        for long in command.get_arguments().filter_map(Arg::get_long) {
            assert!(plain.contains(&format!("--{long}")), "{name}: --{long} is missing");
        }
    });
    lyceum(&["man", "/dev/null/man1"]).expect_failure(&["/dev/null/man1"]);
}
