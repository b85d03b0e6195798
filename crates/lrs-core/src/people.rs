//! The Agents and Activities resources (Communication 2.4, 2.5).

use lrs_store::{Store, StoreError};
use xapi::{ActivityId, Agent, empty_activity, person};

/// The `Person` object of an agent (JSON), with every name that statements gave it; an unknown agent is a person too.
///
/// # Errors
/// When the store cannot be read.
pub async fn find_person(store: &dyn Store, agent: &Agent) -> Result<String, StoreError> {
    let names = store.find_agent_names(agent.key()).await?;
    Ok(person(agent, &names))
}

/// The Activity object of an id (JSON), with the definition merged from all statements, if any brought one.
///
/// # Errors
/// When the store cannot be read.
pub async fn find_activity(store: &dyn Store, id: &ActivityId) -> Result<String, StoreError> {
    let definition = store.find_activity_definition(id.as_str()).await?;
    let mut activity = empty_activity(id.as_str());
    if let Some(definition) = definition {
        activity.pop();
        activity.push_str(",\"definition\":");
        activity.push_str(&definition);
        activity.push('}');
    }
    Ok(activity)
}
