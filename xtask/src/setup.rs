//! Installs what the tests need beyond cargo: the public xAPI clients, `@xapi/xapi` and `tincanjs` from npm and `tincan` from PyPI,
//! PostgreSQL's server with `PgBouncer`, and two object stores: an S3-compatible one, which is on PyPI too, and Azure's from npm.
//!
//! Python packages go to virtual environments in the user's cache folder, npm packages beside the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow, bail};
use test_postgres::{HOW_TO_INSTALL, HOW_TO_INSTALL_PGBOUNCER, find_pgbouncer, find_programs};

use crate::process::{root, run, works};

/// Debian packages for the programs that the tests run, by the command that shows whether they are there.
const PROGRAMS: [(&str, &[&str], &str); 4] = [
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
    ("python3", &["-c", "import venv, ensurepip"], "python3-venv"),
    ("curl", &["--version"], "curl"),
];

/// Installs everything that is missing.
pub fn install_all() -> anyhow::Result<()> {
    install_clients()?;
    install_objects().map_err(|reason| anyhow!(reason))?;
    install_azurite().map_err(|reason| anyhow!(reason))?;
    install_postgres().map_err(|reason| anyhow!("{reason}: {HOW_TO_INSTALL}"))?;
    install_pgbouncer().map_err(|reason| anyhow!("{reason}: {HOW_TO_INSTALL_PGBOUNCER}"))
}

/// Installs PostgreSQL's server if it is missing and that may be done; the reason in words where it cannot be.
pub fn install_postgres() -> Result<(), String> {
    let Err(missing) = find_programs() else { return Ok(()) };
    if !is_root_on_debian() {
        return Err(missing);
    }
    install_packages(&["postgresql"]).map_err(|error| format!("{missing}, and cannot be installed ({error})"))?;
    find_programs().map(drop)
}

/// Installs `PgBouncer` if it is missing and that may be done; the reason in words where it cannot be.
pub fn install_pgbouncer() -> Result<(), String> {
    let Err(missing) = find_pgbouncer() else { return Ok(()) };
    if !is_root_on_debian() {
        return Err(missing);
    }
    install_packages(&["pgbouncer"]).map_err(|error| format!("{missing}, and cannot be installed ({error})"))?;
    find_pgbouncer().map(drop)
}

/// Installs the object store of the tests if it is missing; the reason in words where it cannot be.
pub fn install_objects() -> Result<(), String> {
    let requirements = root().join("crates/test-objects/requirements.txt");
    let environment = test_objects::environment();
    let install = || {
        let wanted = std::fs::read(&requirements).context("cannot read what the object store of the tests is")?;
        create_parent(&environment)?;
        once(&environment.join(".installed"), &wanted, || install_python(&environment, &requirements))
    };
    install().or_else(|error| {
        // Another one may be on the PATH.
        test_objects::find_program()
            .map(drop)
            .map_err(|missing| format!("{missing}, and cannot be installed ({error:#})"))
    })
}

/// Installs the tests' server of Azure's blobs if it is missing; the reason in words where it cannot be.
pub fn install_azurite() -> Result<(), String> {
    let wanted = root().join("crates/test-objects/azurite");
    let folder = test_objects::azurite_folder();
    let install = || {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let lock = std::fs::read(wanted.join("package-lock.json")).context("cannot read the lock file of Azurite")?;
        once(&folder.join("node_modules/.installed"), &lock, || {
            for name in ["package.json", "package-lock.json", ".npmrc"] {
                std::fs::copy(wanted.join(name), folder.join(name)).with_context(|| format!("cannot copy {name}"))?;
            }
            let mut npm = Command::new("npm");
            npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
            run(npm.current_dir(&folder).stdout(std::process::Stdio::null()))
        })
    };
    let found = install().map_err(|error| format!("Azurite cannot be installed ({error:#})"));
    found.and_then(|()| test_objects::find_azurite().map(drop))
}

fn install_python(environment: &Path, requirements: &Path) -> anyhow::Result<()> {
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))?;
    run(Command::new(environment.join("bin/pip")).args(["install", "--quiet", "--requirement"]).arg(requirements))
}

fn create_parent(folder: &Path) -> anyhow::Result<()> {
    let parent = folder.parent().context("it is below a folder of the user")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))
}

/// Installs the public clients and what they need.
pub fn install_clients() -> anyhow::Result<()> {
    install_programs()?;
    let clients = root().join("crates/lyceum/tests/clients");
    let lock =
        std::fs::read(clients.join("package-lock.json")).context("cannot read the lock file of the npm clients")?;
    once(&clients.join("node_modules/.installed"), &lock, || {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&clients))
    })?;

    let requirements = clients.join("requirements.txt");
    let wanted = std::fs::read(&requirements).context("cannot read the list of Python clients")?;
    let environment = python_environment()?;
    once(&environment.join(".installed"), &wanted, || install_python(&environment, &requirements))
}

/// The folder of the Python clients' virtual environment; tests look there too.
fn python_environment() -> anyhow::Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    let folder = cache.join("lyceum");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.join("clients-venv"))
}

/// Runs `install` unless `stamp` says that it was done for the same `wanted`.
pub fn once(stamp: &Path, wanted: &[u8], install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    if std::fs::read(stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    install()?;
    std::fs::write(stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Installs missing programs where it may (root on Debian), and says how to otherwise.
fn install_programs() -> anyhow::Result<()> {
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, arguments, _)| !works(program, arguments))
        .map(|(_, _, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root_on_debian() {
        bail!(
            "the tests need programs that are missing here; install them with: sudo apt-get install {}",
            missing.join(" ")
        );
    }
    install_packages(&missing)
}

/// Whether packages may be installed as it is.
pub fn is_root_on_debian() -> bool {
    works("sh", &["-c", "test $(id -u) = 0 && command -v apt-get"])
}

/// Installs Debian's packages.
pub fn install_packages(packages: &[&str]) -> anyhow::Result<()> {
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(std::process::Stdio::null());
        command
    };
    run(&mut apt_get(&["update", "-qq"]))?;
    run(apt_get(&["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
}
