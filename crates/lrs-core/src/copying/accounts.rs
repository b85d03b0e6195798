//! Copies the people of a server: accounts with their passwords' hashes and roles, what OpenID providers call them, tokens,
//! invitations, groups of learners, and the record of what they did. Who is signed in is not copied.

use std::collections::{BTreeMap, BTreeSet};

use lrs_store::{
    Account, AccountChange, AccountError, AccountId, AccountKey, AccountUpdate, AuditQuery, KeyUsage, KeyUse,
    NewAuditEntry, Registry,
};
use sha2::{Digest as _, Sha256};

/// Accounts and entries of the record that are read at once.
const PAGE: usize = 200;

/// Makes the people of the target those of the source: what is new or changed is copied, and what the source has no more is taken
/// away (links to OpenID providers, tokens, invitations, groups, and accounts that were deleted there). How many accounts there are.
///
/// # Errors
/// `EmailTaken` when another account of the target has an address of the source, `Missing` when an LRS that a role or a
/// group names is not in the target, `LastOwner` when the target would be left without, `Store` when a registry fails.
/// What was copied until then stays.
pub async fn copy_accounts(source: &dyn Registry, target: &dyn Registry) -> Result<u64, AccountError> {
    let accounts = list_all_accounts(source).await?;
    // Owners first, in one step with those who are gone: so there is always one, and an address is free for who has it now.
    let mut changes = find_deleted_accounts(source, target, &accounts).await?;
    for owner in accounts.iter().filter(|it| it.account.is_owner) {
        changes.extend(put_account(target, owner).await?);
    }
    target.change_accounts(changes, None).await?;
    for account in &accounts {
        let mut changes = put_account(target, account).await?;
        changes.extend(put_links(source, target, &account.account.id).await?);
        changes.extend(put_tokens(source, target, &account.account.id).await?);
        target.change_accounts(changes, None).await?;
    }
    copy_groups(source, target).await?;
    copy_invitations(source, target).await?;
    copy_record(source, target).await?;
    Ok(accounts.len() as u64)
}

/// Brings over how much the keys of every LRS were used and when last. The days of use begin anew, since a source's rhythm is not
/// told by sums. Again: only what was added since. Keys must be there.
///
/// # Errors
/// Only those of the registries.
pub async fn copy_key_usages(source: &dyn Registry, target: &dyn Registry) -> Result<(), AccountError> {
    for lrs in source.list_lrss().await.map_err(registry_error)? {
        let known: BTreeMap<String, KeyUsage> =
            target.list_key_usages(&lrs.name).await?.into_iter().map(|(key, usage)| (key.0, usage)).collect();
        let mut uses = Vec::new();
        for (key, usage) in source.list_key_usages(&lrs.name).await? {
            let (statements, refused, last_used) =
                known.get(&key.0).map_or((0, 0, None), |it| (it.statements, it.refused, Some(it.last_used)));
            let key_use = KeyUse {
                key,
                last_used: usage.last_used,
                client: usage.last_client,
                statements: usage.statements.saturating_sub(statements),
                refused: usage.refused.saturating_sub(refused),
            };
            if (key_use.statements, key_use.refused, last_used) != (0, 0, Some(key_use.last_used)) {
                uses.push(key_use);
            }
        }
        target.add_key_uses(uses).await?;
    }
    Ok(())
}

async fn list_all_accounts(registry: &dyn Registry) -> Result<Vec<Account>, AccountError> {
    let mut accounts: Vec<Account> = Vec::new();
    loop {
        let page = registry.list_accounts(None, accounts.last().map(|it| &it.account.email), PAGE).await?;
        if page.is_empty() {
            return Ok(accounts);
        }
        accounts.extend(page);
    }
}

/// Accounts of the target that the source has no more, and whose deletion is in its record. Others, which were made in the target,
/// are nobody's to delete here.
async fn find_deleted_accounts(
    source: &dyn Registry,
    target: &dyn Registry,
    accounts: &[Account],
) -> Result<Vec<AccountChange>, AccountError> {
    let kept: BTreeSet<&str> = accounts.iter().map(|it| it.account.id.0.as_str()).collect();
    let mut changes = Vec::new();
    for Account { account, .. } in list_all_accounts(target).await? {
        if kept.contains(account.id.0.as_str()) {
            continue;
        }
        let (act, text) = (Some("account.delete".to_owned()), Some(account.email.as_str().to_owned()));
        let deletions =
            source.find_audit_entries(AuditQuery { act, text, limit: PAGE, ..AuditQuery::default() }).await?;
        if deletions.iter().any(|it| it.entry.target == account.email.as_str()) {
            changes.push(AccountChange::DeleteAccount(account.id));
        }
    }
    Ok(changes)
}

/// What makes an account of the target as it is in the source.
async fn put_account(target: &dyn Registry, account: &Account) -> Result<Vec<AccountChange>, AccountError> {
    let Account { account, disabled, last_sign_in, roles } = account.clone();
    let id = account.id.clone();
    let update = AccountUpdate {
        name: Some(account.name.clone()),
        password: account.password.clone(),
        is_owner: Some(account.is_owner),
        disabled: Some(disabled),
        last_sign_in,
    };
    let mut changes = Vec::new();
    if target.find_account(AccountKey::Id(id.clone())).await?.is_none() {
        changes.push(AccountChange::CreateAccount(account));
    }
    changes.push(AccountChange::UpdateAccount(id.clone(), update));
    changes.push(AccountChange::SetRoles(id, roles));
    Ok(changes)
}

/// What makes the links of an account to OpenID providers those of the source.
async fn put_links(
    source: &dyn Registry,
    target: &dyn Registry,
    account: &AccountId,
) -> Result<Vec<AccountChange>, AccountError> {
    let links = source.list_linked_identities(account).await?;
    let known = target.list_linked_identities(account).await?;
    let (new, gone) = (links.iter().filter(|it| !known.contains(it)), known.iter().filter(|it| !links.contains(it)));
    let gone = gone.cloned().map(|(issuer, subject)| {
        let account = account.clone();
        AccountChange::UnlinkIdentity { issuer, subject, account }
    });
    let new = new.cloned().map(|(issuer, subject)| {
        let account = account.clone();
        AccountChange::LinkIdentity { issuer, subject, account }
    });
    Ok(gone.chain(new).collect())
}

/// What makes the tokens of an account those of the source: a token that was revoked there must open nothing here.
async fn put_tokens(
    source: &dyn Registry,
    target: &dyn Registry,
    account: &AccountId,
) -> Result<Vec<AccountChange>, AccountError> {
    let (tokens, known) = (source.list_tokens(account).await?, target.list_tokens(account).await?);
    let gone = known.iter().filter(|it| !tokens.iter().any(|token| token.id == it.id));
    let gone: Vec<_> = gone.map(|it| AccountChange::DeleteToken(account.clone(), it.id.clone())).collect();
    let new = tokens.into_iter().filter(|it| !known.iter().any(|known| known.id == it.id));
    Ok(gone.into_iter().chain(new.map(AccountChange::CreateToken)).collect())
}

async fn copy_groups(source: &dyn Registry, target: &dyn Registry) -> Result<(), AccountError> {
    for lrs in source.list_lrss().await.map_err(registry_error)? {
        let (groups, known) = (source.list_groups(&lrs.name).await?, target.list_groups(&lrs.name).await?);
        let gone = known.into_iter().filter(|it| !groups.iter().any(|group| group.id == it.id));
        let mut changes: Vec<_> = gone.map(|it| AccountChange::DeleteGroup(it.lrs, it.id)).collect();
        changes.extend(groups.into_iter().map(AccountChange::PutGroup));
        target.change_accounts(changes, None).await?;
    }
    Ok(())
}

/// Open invitations go along; those that were used or withdrawn meanwhile end here too.
async fn copy_invitations(source: &dyn Registry, target: &dyn Registry) -> Result<(), AccountError> {
    let (invitations, known) = (source.list_invitations().await?, target.list_invitations().await?);
    let gone = known.iter().filter(|it| !invitations.iter().any(|invitation| invitation.id == it.id));
    let mut changes: Vec<_> = gone.map(|it| AccountChange::DeleteInvitation(it.id.clone())).collect();
    let new = invitations.into_iter().filter(|it| !known.iter().any(|known| known.id == it.id));
    changes.extend(new.map(AccountChange::CreateInvitation));
    target.change_accounts(changes, None).await
}

/// Appends what was done in the source since the newest act that the target has of it.
///
/// Clocks say nothing here: they may have been set back. And the target may have acts of its own. What it has of the source is the
/// beginning of the source's record, in its order, so it is found by walking along both. What the source does meanwhile is left to the
/// next time.
async fn copy_record(source: &dyn Registry, target: &dyn Registry) -> Result<(), AccountError> {
    let newest = source.find_audit_entries(AuditQuery { limit: 1, ..AuditQuery::default() }).await?;
    let Some(newest) = newest.first() else { return Ok(()) };
    let until_now = || Record(Some(newest.seq + 1));
    let original = digest_record(source, until_now()).await?;
    let copied = digest_record(target, Record(None)).await?;
    let mut missing = original.iter().rev().peekable();
    for digest in copied.iter().rev() {
        missing.next_if_eq(&digest);
    }
    let mut new: Vec<NewAuditEntry> = Vec::new();
    let (count, mut listing) = (missing.count(), until_now());
    while new.len() < count {
        let Some(page) = listing.next(source).await? else { break };
        new.extend(page);
    }
    new.truncate(count);
    for entry in new.into_iter().rev() {
        target.change_accounts(Vec::new(), Some(entry)).await?;
    }
    Ok(())
}

/// A digest of every act, the newest first: 16 bytes each, so that the longest record fits into memory.
async fn digest_record(registry: &dyn Registry, mut listing: Record) -> Result<Vec<[u8; 16]>, AccountError> {
    let mut digests = Vec::new();
    while let Some(page) = listing.next(registry).await? {
        digests.extend(page.iter().map(|entry| {
            let digest = Sha256::digest(format!("{entry:?}"));
            *digest.first_chunk().expect("32 bytes begin with 16")
        }));
    }
    Ok(digests)
}

/// What was done in a place before a position, if there is one, page by page, the newest first.
struct Record(Option<u64>);

impl Record {
    async fn next(&mut self, registry: &dyn Registry) -> Result<Option<Vec<NewAuditEntry>>, AccountError> {
        let query = AuditQuery { before_seq: self.0, limit: PAGE, ..AuditQuery::default() };
        let page = registry.find_audit_entries(query).await?;
        self.0 = page.last().map(|it| it.seq).or(self.0);
        Ok((!page.is_empty()).then(|| page.into_iter().map(|it| it.entry).collect()))
    }
}

fn registry_error(error: lrs_store::RegistryError) -> AccountError {
    match error {
        lrs_store::RegistryError::Store(error) => error.into(),
        _ => AccountError::Missing("LRS"),
    }
}
