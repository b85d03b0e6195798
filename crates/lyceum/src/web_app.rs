//! The web app's files, as `ui/` was built when this program was; the list is written by the build script.

use lrs_http::WebFile;

include!(concat!(env!("OUT_DIR"), "/web_app_files.rs"));
