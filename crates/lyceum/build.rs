//! Puts the built web app (`ui/dist`) into the program. Without one, the program is built without the app.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = manifest.join("../../ui/dist");
    // The folder itself is in the repository, so that this line never names something that is not there.
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        list_files(&dist, &mut files)?;
    }
    files.sort();
    let mut code = String::from("/// Every file of the app.\npub(crate) static FILES: &[WebFile] = &[\n");
    for file in files.iter().filter(|file| file.extension().is_none_or(|ending| ending != "br")) {
        let compressed = PathBuf::from(format!("{}.br", file.display()));
        let brotli = if files.contains(&compressed) {
            format!("Some(include_bytes!({:?}))", compressed.display().to_string())
        } else {
            "None".to_owned()
        };
        let path = file.strip_prefix(&dist).expect("it was listed below the folder").display().to_string();
        let bytes = file.display().to_string();
        writeln!(code, "    WebFile {{ path: {path:?}, bytes: include_bytes!({bytes:?}), brotli: {brotli} }},")
            .expect("a String takes everything");
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("web_app_files.rs"), code)
}

/// All files that the app is made of; what the build leaves for itself stays outside.
fn list_files(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            list_files(&path, files)?;
        } else if !name.starts_with('.') && !name.starts_with("manifest.json") {
            files.push(path);
        }
    }
    Ok(())
}
