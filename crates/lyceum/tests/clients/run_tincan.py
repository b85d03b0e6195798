"""The public Python client `tincan` against a running LRS: statements, attachments named, voiding, more, documents."""

import os
import uuid

from tincan import Activity, ActivityDefinition, Agent, LanguageMap, RemoteLRS, Statement, StatementRef, Verb
from tincan.documents import ActivityProfileDocument, StateDocument

lrs = RemoteLRS(endpoint=os.environ["ENDPOINT"], version="1.0.3", username=os.environ["KEY"], password=os.environ["SECRET"])
agent = Agent(name="Python", mbox="mailto:python@example.org")
activity = Activity(id="https://example.org/python", definition=ActivityDefinition(name=LanguageMap({"en": "Python"})))


def expect(response, what):
    assert response.success, f"{what}: {response.response.status} {response.data}"
    return response.content



statement = Statement(
    actor=agent,
    verb=Verb(id="http://adlnet.gov/expapi/verbs/experienced", display=LanguageMap({"en": "experienced"})),
    object=activity,
    attachments=[{
        "usage_type": "https://example.org/certificate",
        "display": {"en": "Certificate"},
        "content_type": "text/plain",
        "length": 3,
        "sha2": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "fileurl": "https://example.org/certificate.txt",
    }],
)
saved = expect(lrs.save_statement(statement), "save_statement")
found = expect(lrs.retrieve_statement(saved.id), "retrieve_statement")
assert found.object.id == activity.id and found.actor.mbox == agent.mbox
assert found.attachments[0].fileurl == "https://example.org/certificate.txt"

batch = [Statement(id=str(uuid.uuid4()), actor=agent, verb=Verb(id="https://example.org/verbs/paged"), object=activity) for _ in range(7)]
expect(lrs.save_statements(batch), "save_statements")
page = expect(lrs.query_statements({"verb": Verb(id="https://example.org/verbs/paged"), "limit": 3}), "query_statements")
ids = [str(statement.id) for statement in page.statements]
pages = 1
while page.more:
    page = expect(lrs.more_statements(page), "more_statements")
    ids += [str(statement.id) for statement in page.statements]
    pages += 1
assert pages == 3 and sorted(ids) == sorted(str(statement.id) for statement in batch), (pages, ids)

voiding = Statement(actor=agent, verb=Verb(id="http://adlnet.gov/expapi/verbs/voided"), object=StatementRef(id=saved.id))
expect(lrs.save_statement(voiding), "void")
assert not lrs.retrieve_statement(saved.id).success, "a voided statement is not found by statementId"
assert str(expect(lrs.retrieve_voided_statement(saved.id), "retrieve_voided_statement").id) == str(saved.id)

state = StateDocument(id="bookmark", activity=activity, agent=agent, content=bytearray(b'{"page":3}'), content_type="application/json")
expect(lrs.save_state(state), "save_state")
read = expect(lrs.retrieve_state(activity, agent, "bookmark"), "retrieve_state")
assert bytes(read.content) == b'{"page":3}', read.content
assert expect(lrs.retrieve_state_ids(activity, agent), "retrieve_state_ids") == ["bookmark"]

profile = ActivityProfileDocument(id="settings", activity=activity, content=bytearray(b'{"a":1}'), content_type="application/json", etag='"0000000000000000000000000000000000000000"')
refused = lrs.save_activity_profile(profile)
assert not refused.success and refused.response.status == 412, "If-Match of a document that is not there"
read_nothing = lrs.retrieve_activity_profile(activity, "settings")
assert read_nothing.response.status == 404

expect(lrs.delete_state(state), "delete_state")
print("passed")
