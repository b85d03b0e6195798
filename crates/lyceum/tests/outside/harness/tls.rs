//! Certificates of a test, and a server that shows them.

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

use super::server::{Folder, Server, Start};

/// Writes a new self-signed pair, `certificate.pem` and `key.pem`, and gives its certificate.
pub fn write_pair(folder: &Folder) -> String {
    let CertifiedKey { cert, signing_key }: CertifiedKey<KeyPair> =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate is made");
    std::fs::write(folder.path("key.pem"), signing_key.serialize_pem()).expect("there is room");
    std::fs::write(folder.path("certificate.pem"), cert.pem()).expect("there is room");
    cert.pem()
}

/// Starts a server with the pair in the folder.
#[track_caller]
pub fn start_tls(folder: &Folder) -> Server {
    let file = |name: &str| folder.path(name).to_str().expect("UTF-8").to_owned();
    Start::default()
        .with(&["--tls-certificate", &file("certificate.pem"), "--tls-key", &file("key.pem")])
        .on(&folder.data())
}
