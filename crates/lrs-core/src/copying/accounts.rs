//! Copies the people of a server: accounts with their passwords' hashes and roles, tokens, invitations, groups of learners, and
//! the record of what they did. Who is signed in is not copied; neither is by what name an OpenID provider knows someone,
//! which is learned again at the next sign-in.

use lrs_store::{
    Account, AccountChange, AccountError, AccountKey, AccountUpdate, AuditQuery, Email, NewAuditEntry, Registry,
};

/// Accounts and entries of the record that are read at once.
const PAGE: usize = 200;

/// Copies what the target does not have; accounts that it has become as they are in the source. How many accounts there are.
///
/// # Errors
/// `EmailTaken` when another account of the target has an address of the source, `Missing` when an LRS that a role or a
/// group names is not in the target, `LastOwner` when the target would be left without, `Store` when a registry fails.
/// What was copied until then stays.
pub async fn copy_accounts(source: &dyn Registry, target: &dyn Registry) -> Result<u64, AccountError> {
    let mut after: Option<Email> = None;
    let mut count = 0;
    loop {
        let page = source.list_accounts(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.account.email.clone());
        count += page.len() as u64;
        for account in page {
            copy_account(source, target, account).await?;
        }
    }
    for lrs in source.list_lrss().await.map_err(registry_error)? {
        let groups = source.list_groups(&lrs.name).await?;
        target.change_accounts(groups.into_iter().map(AccountChange::PutGroup).collect(), None).await?;
    }
    let known = target.list_invitations().await?;
    let invitations = source.list_invitations().await?;
    let new = invitations.into_iter().filter(|it| !known.iter().any(|known| known.id == it.id));
    target.change_accounts(new.map(AccountChange::CreateInvitation).collect(), None).await?;
    copy_record(source, target).await?;
    Ok(count)
}

async fn copy_account(source: &dyn Registry, target: &dyn Registry, account: Account) -> Result<(), AccountError> {
    let Account { account, disabled, last_sign_in, roles } = account;
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
    changes.push(AccountChange::SetRoles(id.clone(), roles));
    let known = target.list_tokens(&id).await?;
    let tokens = source.list_tokens(&id).await?;
    let new = tokens.into_iter().filter(|it| !known.iter().any(|known| known.id == it.id));
    changes.extend(new.map(AccountChange::CreateToken));
    target.change_accounts(changes, None).await
}

/// Appends what was done in the source since the newest act that the target knows.
async fn copy_record(source: &dyn Registry, target: &dyn Registry) -> Result<(), AccountError> {
    let newest = target.find_audit_entries(AuditQuery { limit: 1, ..AuditQuery::default() }).await?;
    let newest = newest.into_iter().next().map(|it| it.entry);
    let is_known = |entry: &NewAuditEntry| newest.as_ref().is_some_and(|it| it == entry || entry.when < it.when);
    let mut new = Vec::new();
    let mut before_seq = None;
    'pages: loop {
        let page = source.find_audit_entries(AuditQuery { before_seq, limit: PAGE, ..AuditQuery::default() }).await?;
        let Some(last) = page.last() else { break };
        before_seq = Some(last.seq);
        for it in page {
            if is_known(&it.entry) {
                break 'pages;
            }
            new.push(it.entry);
        }
    }
    for entry in new.into_iter().rev() {
        target.change_accounts(Vec::new(), Some(entry)).await?;
    }
    Ok(())
}

fn registry_error(error: lrs_store::RegistryError) -> AccountError {
    match error {
        lrs_store::RegistryError::Store(error) => error.into(),
        _ => AccountError::Missing("LRS"),
    }
}
