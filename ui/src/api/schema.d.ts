// Made from /openapi.json by `npm run api`; not written by hand.

export interface paths {
    "/api/v1/account/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes one's own password. Every other session ends. */
        post: operations["post /api/v1/account/password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The accounts that one looks after, by e-mail address. */
        get: operations["get /api/v1/accounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes an account with its sessions and tokens. */
        delete: operations["delete /api/v1/accounts/{id}"];
        options?: never;
        head?: never;
        /** Changes an account: its roles in LRSs whose people one manages; all else as an owner of the server. */
        patch: operations["patch /api/v1/accounts/{id}"];
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was done, newest first. */
        get: operations["get /api/v1/audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was done, newest first, one JSON object on a line, as much as there is. */
        get: operations["get /api/v1/audit/export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The invitations that one could have made. */
        get: operations["get /api/v1/invitations"];
        put?: never;
        /** Invites someone; the answer has the link to send to them, this once. It works for a week. */
        post: operations["post /api/v1/invitations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes the account that an invitation asks for, and signs it in. */
        post: operations["post /api/v1/invitations/accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Withdraws an invitation. */
        delete: operations["delete /api/v1/invitations/{id}"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The LRSs in which one is somebody. */
        get: operations["get /api/v1/lrss"];
        put?: never;
        /** Creates an empty LRS. */
        post: operations["post /api/v1/lrss"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes an LRS with its statements, documents, attachments and keys, for good. */
        delete: operations["delete /api/v1/lrss/{lrs}"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/activities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tree of activities, level by level, or those with a name. */
        get: operations["get /api/v1/lrss/{lrs}/activities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One activity with the definition merged from all statements. */
        get: operations["get /api/v1/lrss/{lrs}/activity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/attachments/{sha2}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes of an attachment. Images, sound, films and plain text come to be shown; everything else to be saved. */
        get: operations["get /api/v1/lrss/{lrs}/attachments/{sha2}"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The groups of an LRS, by name. */
        get: operations["get /api/v1/lrss/{lrs}/groups"];
        put?: never;
        /** Makes a group. */
        post: operations["post /api/v1/lrss/{lrs}/groups"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a group; its instructors read less from then on. */
        delete: operations["delete /api/v1/lrss/{lrs}/groups/{id}"];
        options?: never;
        head?: never;
        /** Changes a group. */
        patch: operations["patch /api/v1/lrss/{lrs}/groups/{id}"];
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The keys of an LRS with their use, revoked ones too. */
        get: operations["get /api/v1/lrss/{lrs}/keys"];
        put?: never;
        /** Makes a key. Its secret is in the answer, this once. */
        post: operations["post /api/v1/lrss/{lrs}/keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a key, for good. */
        delete: operations["delete /api/v1/lrss/{lrs}/keys/{key}"];
        options?: never;
        head?: never;
        /** Changes a key's name and limits. */
        patch: operations["patch /api/v1/lrss/{lrs}/keys/{key}"];
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/keys/{key}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives a key a new secret; the old one stays valid for the grace time. */
        post: operations["post /api/v1/lrss/{lrs}/keys/{key}/rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Statements as they arrive: events whose `id` is their place in the log and whose data is an item as in lists. A client that comes back
         *     with `Last-Event-ID` misses nothing.
         */
        get: operations["get /api/v1/lrss/{lrs}/live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the LRS is. */
        get: operations["get /api/v1/lrss/{lrs}/operations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People by name, mailbox or account, found without typing them exactly. */
        get: operations["get /api/v1/lrss/{lrs}/people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/people/{person}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One person: identifiers, activities with attempts, best score, state and time spent, documents. */
        get: operations["get /api/v1/lrss/{lrs}/people/{person}"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/people/{person}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says that two people are one. No statement is rewritten, and it can be undone identifier by identifier. */
        post: operations["post /api/v1/lrss/{lrs}/people/{person}/merge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/people/{person}/split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes an identifier away from a person: it is a person of its own again. */
        post: operations["post /api/v1/lrss/{lrs}/people/{person}/split"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Requests that were refused, the newest first. */
        get: operations["get /api/v1/lrss/{lrs}/refusals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/refusals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One refused request, with every violation and its body. */
        get: operations["get /api/v1/lrss/{lrs}/refusals/{id}"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/refusals/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a refused request again, perhaps corrected, with the authority of its own key. */
        post: operations["post /api/v1/lrss/{lrs}/refusals/{id}/replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Statements, the newest first. A page looks through a bounded part of the log: it may be short, even empty, and still go on.
         *     Voided statements are left out. Names are in the languages of `Accept-Language`.
         */
        get: operations["get /api/v1/lrss/{lrs}/statements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/statements/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All statements that filters find, the newest first, while they are read: any number of them. */
        get: operations["get /api/v1/lrss/{lrs}/statements/export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/statements/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One statement, voided or not, as it is stored. */
        get: operations["get /api/v1/lrss/{lrs}/statements/{id}"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lrss/{lrs}/statements/{id}/void": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Voids a statement: a further statement says so, with the caller's account as actor. It cannot be undone. */
        post: operations["post /api/v1/lrss/{lrs}/statements/{id}/void"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in, and what they may do. */
        get: operations["get /api/v1/session"];
        put?: never;
        /** Signs in with a password. A session that the browser had before ends. */
        post: operations["post /api/v1/session"];
        /** Signs out. */
        delete: operations["delete /api/v1/session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Signs out everywhere: every session of the account ends. */
        delete: operations["delete /api/v1/sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the first account is still to be made. */
        get: operations["get /api/v1/setup"];
        put?: never;
        /** Makes the first account, which owns the server, with the one-time link that the server printed; signs it in. */
        post: operations["post /api/v1/setup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own tokens. */
        get: operations["get /api/v1/tokens"];
        put?: never;
        /** Makes a token that lets a script do what one may oneself. Its secret is in the answer, this once. */
        post: operations["post /api/v1/tokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a token of one's own. */
        delete: operations["delete /api/v1/tokens/{id}"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process runs and answers. */
        get: operations["get /health/live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The server can store a statement: its stores are open and the disk takes data. */
        get: operations["get /health/ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/xapi/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The versions that are served. Needs no key. */
        get: operations["get /xapi/about"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/xapi/activities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An Activity with the definition that the LRS merged from all statements. */
        get: operations["get /xapi/activities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/xapi/activities/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One document, or the ids of all */
        get: operations["get /xapi/activities/profile"];
        /** Replaces a document */
        put: operations["put /xapi/activities/profile"];
        /** Merges a JSON object */
        post: operations["post /xapi/activities/profile"];
        /** Deletes a document */
        delete: operations["delete /xapi/activities/profile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/xapi/activities/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One document, or the ids of all */
        get: operations["get /xapi/activities/state"];
        /** Replaces a document */
        put: operations["put /xapi/activities/state"];
        /** Merges a JSON object */
        post: operations["post /xapi/activities/state"];
        /** Deletes a document */
        delete: operations["delete /xapi/activities/state"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/xapi/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The Person of an agent: all names and identifiers that the LRS can tell. */
        get: operations["get /xapi/agents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/xapi/agents/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One document, or the ids of all */
        get: operations["get /xapi/agents/profile"];
        /** Replaces a document */
        put: operations["put /xapi/agents/profile"];
        /** Merges a JSON object */
        post: operations["post /xapi/agents/profile"];
        /** Deletes a document */
        delete: operations["delete /xapi/agents/profile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/xapi/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One statement, or a page of those that match all filters, newest first. */
        get: operations["get /xapi/statements"];
        /** Stores one statement under the id in the query. */
        put: operations["put /xapi/statements"];
        /** Stores a statement or a batch, all or nothing, and answers the ids in their order. */
        post: operations["post /xapi/statements"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The account that an invitation asks for. */
        Acceptance: {
            name: string;
            password: string;
            /** @description From the link. */
            token: string;
        };
        /** @description An account. */
        Account: {
            created: string;
            disabled: boolean;
            email: string;
            id: string;
            /** @description Owns the server: every LRS, and the accounts. */
            is_owner: boolean;
            /** @description When someone last signed in to it. */
            last_seen?: string | null;
            name: string;
            roles: components["schemas"]["Grant"][];
        };
        /** @description A change to an account; members that are missing stay. */
        AccountPatch: {
            disabled?: boolean | null;
            is_owner?: boolean | null;
            name?: string | null;
            roles?: components["schemas"]["Grant"][] | null;
        };
        /** @description An activity in the tree. */
        ActivityItem: {
            /** @description Whether activities are below it. */
            has_children: boolean;
            /** @description Its id. */
            id: string;
            /** @description When it, or what is below it, was used last. */
            last_used?: string | null;
            /** @description In the reader's language, else the end of its id. */
            name: string;
            /**
             * Format: int64
             * @description Statements about it, voided ones not counted.
             */
            statements: number;
            /** @description Its type (IRI). */
            type?: string | null;
        };
        /** @description An activity by its name. */
        ActivityName: {
            /** @description Its id. */
            id: string;
            /** @description In the reader's language, else the end of its id. */
            name: string;
        };
        /** @description An activity with all that is known of it. */
        ActivityPage: {
            /** @description The definition merged from all statements, in all languages. */
            definition?: Record<string, never> | null;
            /** @description In the reader's language. */
            description?: string | null;
            /** @description Its id. */
            id: string;
            /** @description When it, or what is below it, was used last. */
            last_used?: string | null;
            /** @description Where people read more (IRL). */
            more_info?: string | null;
            /** @description In the reader's language, else the end of its id. */
            name: string;
            /** @description The activities above it. */
            parents: components["schemas"]["ActivityName"][];
            /**
             * Format: int64
             * @description Agents with statements about it.
             */
            people: number;
            /**
             * Format: int64
             * @description Statements about it, voided ones not counted.
             */
            statements: number;
            /** @description Its type (IRI). */
            type?: string | null;
        };
        /** @description An actor. */
        ActorItem: {
            /** @description Its identifier, if it has one. */
            key?: string | null;
            /** @description A name for people; never empty. */
            name: string;
            /** @description The person, if it is not an anonymous group. */
            person?: string | null;
        };
        /** @description An attachment. */
        AttachmentItem: {
            /** @description Its media type. */
            content_type: string;
            /** @description Its name in the reader's language. */
            display: string;
            /**
             * Format: int64
             * @description How many bytes, as the statement says.
             */
            length: number;
            /** @description Its SHA-2. */
            sha2: string;
        };
        /** @description Who did something. */
        AuditAccount: {
            id: string;
            /** @description As they were called then. */
            name: string;
        };
        /** @description An act in the audit log. */
        AuditEntry: {
            account?: null | components["schemas"]["AuditAccount"];
            /** @description Such as `key.create`. */
            action: string;
            /** @description From where: an address, or `command line`. */
            address: string;
            /** @description As it was afterwards. */
            after?: Record<string, never> | null;
            /** @description As it was before. */
            before?: Record<string, never> | null;
            /** Format: int64 */
            id: number;
            lrs?: string | null;
            target: string;
            when: string;
            /** @description Who, in words. */
            who: string;
        };
        /** @description An authority. */
        AuthorityItem: {
            /** @description A name for people. */
            name: string;
        };
        /** @description What a check found. */
        CheckFigures: {
            /** @description What was seen, and what to do. */
            detail: string;
            /** @description Whether data is damaged or will be lost. */
            error: boolean;
            /** @description What was checked. */
            name: string;
            /** @description Whether nobody has to act. */
            ok: boolean;
        };
        /** @description What an error answer says. */
        ErrorBody: {
            /** @description Stable name for programs. */
            code: string;
            /** @description What went wrong and what to do. */
            message: string;
            /** @description The request's name in the server's log. */
            request_id: string;
            /**
             * Format: int32
             * @description The HTTP status again.
             */
            status: number;
            /** @description Every broken rule: `index` in the batch, JSON `pointer`, `rule` with its clause, `expected`, `found`. */
            violations?: Record<string, never>[];
        };
        /** @description The body of every answer that reports an error. */
        ErrorEnvelope: {
            /** @description The error. */
            error: components["schemas"]["ErrorBody"];
        };
        /** @description The first account. */
        FirstAccount: {
            email: string;
            name: string;
            password: string;
            /** @description From the link that the server printed. */
            token: string;
        };
        /** @description What follows the log. */
        FollowerFigures: {
            /**
             * Format: int64
             * @description Where the log ends.
             */
            log_position: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Up to where it is complete.
             */
            position: number;
        };
        /** @description A role in an LRS. */
        Grant: {
            /** @description Ids of the groups that an instructor is bound to. */
            groups?: string[];
            /** @description The LRS. */
            lrs: string;
            /** @description `owner`, `admin`, `analyst`, `instructor` or `viewer`. */
            role: string;
        };
        /** @description A group of learners. */
        Group: {
            id: string;
            /** @description The learners, each as `mailto:ana@example.org`, `homePage|name`, … */
            members: string[];
            name: string;
        };
        /** @description A change to a group; members that are missing stay. */
        GroupPatch: {
            members?: string[] | null;
            name?: string | null;
        };
        /** @description A group to create. */
        GroupRequest: {
            /** @description The learners, each as `mailto:ana@example.org`, `homePage|name`, … */
            members?: string[];
            name: string;
        };
        /** @description Statements that were stored on a day (UTC). */
        GrowthDay: {
            /** @description `2026-11-24` */
            day: string;
            /**
             * Format: int64
             * @description How many.
             */
            statements: number;
        };
        /** @description Whether an LRS can store statements. */
        HealthView: {
            /** @description It can. */
            ready: boolean;
            /** @description Why not. */
            reason?: string | null;
        };
        /** @description An invitation. */
        Invitation: {
            created: string;
            email: string;
            expires: string;
            id: string;
            invited_by: string;
            is_owner: boolean;
            /** @description The link to send to the person; only in the answer that creates the invitation. */
            link?: string | null;
            roles: components["schemas"]["Grant"][];
        };
        /** @description Whom to invite, and to what. */
        InvitationRequest: {
            email: string;
            /** @description The account will own the server. */
            is_owner?: boolean;
            roles?: components["schemas"]["Grant"][];
        };
        /** @description A key. */
        Key: {
            created: string;
            expires?: string | null;
            key: string;
            label: string;
            /** @description What the client of the last request called itself. */
            last_client?: string | null;
            last_used?: string | null;
            /** @description Until when the secret before the present one is valid too. */
            old_secret_until?: string | null;
            /**
             * Format: int64
             * @description Requests with it that were refused.
             */
            refused: number;
            /** Format: int32 */
            requests_per_second_max?: number | null;
            revoked?: string | null;
            scopes: string[];
            /** @description It sent on at least three days, and its last request is longer ago than a day and than twice its usual pause. */
            silent: boolean;
            /**
             * Format: int64
             * @description Statements stored with it.
             */
            statements: number;
        };
        /** @description A change to a key; members that are missing stay, null takes a limit away. */
        KeyPatch: {
            expires?: string | null;
            label?: string | null;
            /** Format: int32 */
            requests_per_second_max?: number | null;
            scopes?: string[] | null;
        };
        /** @description A key with its secret, this once. */
        KeyWithSecret: {
            key: string;
            secret: string;
        };
        /** @description A list, or a page of one. */
        Listed_Account: {
            /** @description The things. */
            items: {
                created: string;
                disabled: boolean;
                email: string;
                id: string;
                /** @description Owns the server: every LRS, and the accounts. */
                is_owner: boolean;
                /** @description When someone last signed in to it. */
                last_seen?: string | null;
                name: string;
                roles: components["schemas"]["Grant"][];
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_ActivityItem: {
            /** @description The things. */
            items: {
                /** @description Whether activities are below it. */
                has_children: boolean;
                /** @description Its id. */
                id: string;
                /** @description When it, or what is below it, was used last. */
                last_used?: string | null;
                /** @description In the reader's language, else the end of its id. */
                name: string;
                /**
                 * Format: int64
                 * @description Statements about it, voided ones not counted.
                 */
                statements: number;
                /** @description Its type (IRI). */
                type?: string | null;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_AuditEntry: {
            /** @description The things. */
            items: {
                account?: null | components["schemas"]["AuditAccount"];
                /** @description Such as `key.create`. */
                action: string;
                /** @description From where: an address, or `command line`. */
                address: string;
                /** @description As it was afterwards. */
                after?: Record<string, never> | null;
                /** @description As it was before. */
                before?: Record<string, never> | null;
                /** Format: int64 */
                id: number;
                lrs?: string | null;
                target: string;
                when: string;
                /** @description Who, in words. */
                who: string;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_Group: {
            /** @description The things. */
            items: {
                id: string;
                /** @description The learners, each as `mailto:ana@example.org`, `homePage|name`, … */
                members: string[];
                name: string;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_Invitation: {
            /** @description The things. */
            items: {
                created: string;
                email: string;
                expires: string;
                id: string;
                invited_by: string;
                is_owner: boolean;
                /** @description The link to send to the person; only in the answer that creates the invitation. */
                link?: string | null;
                roles: components["schemas"]["Grant"][];
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_Key: {
            /** @description The things. */
            items: {
                created: string;
                expires?: string | null;
                key: string;
                label: string;
                /** @description What the client of the last request called itself. */
                last_client?: string | null;
                last_used?: string | null;
                /** @description Until when the secret before the present one is valid too. */
                old_secret_until?: string | null;
                /**
                 * Format: int64
                 * @description Requests with it that were refused.
                 */
                refused: number;
                /** Format: int32 */
                requests_per_second_max?: number | null;
                revoked?: string | null;
                scopes: string[];
                /** @description It sent on at least three days, and its last request is longer ago than a day and than twice its usual pause. */
                silent: boolean;
                /**
                 * Format: int64
                 * @description Statements stored with it.
                 */
                statements: number;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_Lrs: {
            /** @description The things. */
            items: {
                created: string;
                name: string;
                /** @description What the caller is in it. */
                role: string;
                /**
                 * Format: int64
                 * @description Statements in it.
                 */
                statements: number;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_PersonItem: {
            /** @description The things. */
            items: {
                /** @description Every identifier ([`xapi::Agent::key`]), the one it is known by first. */
                identifiers: string[];
                /** @description When statements of it happened last. */
                last_seen?: string | null;
                /** @description The name that statements gave last, else an identifier; never empty. */
                name: string;
                /** @description The person. */
                person: string;
                /**
                 * Format: int64
                 * @description Statements with this person as actor, voided ones not counted.
                 */
                statements: number;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_RefusalItem: {
            /** @description The things. */
            items: {
                /** @description Bytes of its body that were kept. */
                bytes: number;
                /** @description Its code, such as `invalid_statement`. */
                code: string;
                /** @description `Content-Type` */
                content_type: string;
                /**
                 * Format: int64
                 * @description How often: authentications that fail are counted by the hour.
                 */
                count: number;
                /** @description To ask for it. */
                id: string;
                /** @description With which key. */
                key: string;
                /** @description Its message. */
                message: string;
                /** @description `POST` */
                method: string;
                /** @description Path and query. */
                path: string;
                /** @description When it was sent again and accepted, if it was. */
                replayed?: string | null;
                /**
                 * Format: int32
                 * @description HTTP status of the answer.
                 */
                status: number;
                /** @description `X-Experience-API-Version` */
                version: string;
                /** @description How many rules were broken. */
                violation_count: number;
                /** @description When it was refused, or last refused. */
                when: string;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_StatementItem: {
            /** @description The things. */
            items: {
                /** @description Who. */
                actor: components["schemas"]["ActorItem"];
                /** @description What came with it. */
                attachments: components["schemas"]["AttachmentItem"][];
                /** @description Who vouches for it. */
                authority: components["schemas"]["AuthorityItem"];
                /** @description Its id. */
                id: string;
                /** @description What. */
                object: components["schemas"]["ObjectItem"];
                result?: null | components["schemas"]["ResultItem"];
                /**
                 * Format: int64
                 * @description Its place in the log.
                 */
                seq: number;
                /** @description When it was stored. */
                stored: string;
                /** @description When it happened, as it says. */
                timestamp: string;
                /** @description Did. */
                verb: components["schemas"]["VerbItem"];
                /** @description Whether another statement voids it. */
                voided: boolean;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description A list, or a page of one. */
        Listed_Token: {
            /** @description The things. */
            items: {
                created: string;
                expires?: string | null;
                id: string;
                last_used?: string | null;
                name: string;
                /** @description To be sent as `Authorization: Bearer …`; only in the answer that creates the token. */
                secret?: string | null;
            }[];
            /** @description Where the next page begins (`cursor`); null on the last one. */
            next?: string | null;
        };
        /** @description An LRS. */
        Lrs: {
            created: string;
            name: string;
            /** @description What the caller is in it. */
            role: string;
            /**
             * Format: int64
             * @description Statements in it.
             */
            statements: number;
        };
        /** @description An LRS to create. */
        LrsRequest: {
            /** @description 1 to 63 of a–z, 0–9, - and _, beginning with a letter or digit. */
            name: string;
        };
        /** @description Whom to merge. */
        MergeRequest: {
            /** @description The other person; all identifiers of it become the first one's. */
            other: string;
        };
        /** @description A key to create. */
        NewKeyRequest: {
            /** @description After this instant it opens nothing. */
            expires?: string | null;
            /** @description A name for people, also the name of the authority of its statements. */
            label?: string;
            /**
             * Format: int32
             * @description At most so many requests in a second.
             */
            requests_per_second_max?: number | null;
            /** @description What it may do: `statements/write`, `all`, … */
            scopes: string[];
        };
        /** @description A change of password. */
        NewPassword: {
            new: string;
            old: string;
        };
        /** @description An object. */
        ObjectItem: {
            /** @description Activity id, statement id, or identifier of an agent. */
            id?: string | null;
            /** @description What it is. */
            kind: components["schemas"]["ObjectKind"];
            /** @description In the reader's language, else the end of its id; never empty. */
            name: string;
            /** @description The type of an activity (IRI). */
            type?: string | null;
        };
        /**
         * @description What the object of a statement can be (Data 2.4.4).
         * @enum {string}
         */
        ObjectKind: "activity" | "agent" | "group" | "statement_ref" | "sub_statement";
        /** @description How an LRS is. */
        OperationsFigures: {
            /** @description What a quick check found. */
            checks: components["schemas"]["CheckFigures"][];
            /** @description What follows the log. */
            followers: components["schemas"]["FollowerFigures"][];
            /** @description Day by day, the oldest first. */
            growth: components["schemas"]["GrowthDay"][];
            /** @description Size and position. */
            store: components["schemas"]["StoreFigures"];
        };
        /** @description How an LRS and its server are. */
        OperationsView: components["schemas"]["OperationsFigures"] & {
            /** @description Whether it can store statements. */
            health: components["schemas"]["HealthView"];
            /**
             * Format: int64
             * @description Refused requests that could not be kept since the start.
             */
            refusals_dropped: number;
            /** @description When this process started. */
            started: string;
            /** @description The server's version. */
            version: string;
        };
        /** @description What a person did in an activity. */
        PersonActivity: {
            /**
             * Format: int64
             * @description Registrations, or else how often it was begun.
             */
            attempts: number;
            /**
             * Format: int32
             * @description The best score, in whole percent.
             */
            best_score_percent?: number | null;
            /** @description Activity id. */
            id: string;
            /** @description When it happened last. */
            last_used?: string | null;
            /** @description In the reader's language. */
            name: string;
            /**
             * Format: int64
             * @description The durations that statements told, added up.
             */
            seconds: number;
            /** @description How far it is. */
            state: components["schemas"]["StudyState"];
        };
        /** @description A document of a person. */
        PersonDocument: {
            /** @description Of a state: the activity. */
            activity?: string | null;
            /** @description Under which identifier. */
            agent: string;
            /** @description Its media type; absent for a state of a registration. */
            content_type?: string | null;
            /** @description `stateId` or `profileId`. */
            id: string;
            /** @description `state` or `agent_profile`. */
            kind: string;
            /** @description How many bytes. */
            length?: number | null;
            /** @description When it last changed. */
            updated?: string | null;
        };
        /** @description An identifier of a person. */
        PersonIdentifier: {
            /** @description [`xapi::Agent::key`] */
            identifier: string;
            /** @description Whether it was merged into the person, and can be taken away again. */
            merged: boolean;
        };
        /** @description A person in a list. */
        PersonItem: {
            /** @description Every identifier ([`xapi::Agent::key`]), the one it is known by first. */
            identifiers: string[];
            /** @description When statements of it happened last. */
            last_seen?: string | null;
            /** @description The name that statements gave last, else an identifier; never empty. */
            name: string;
            /** @description The person. */
            person: string;
            /**
             * Format: int64
             * @description Statements with this person as actor, voided ones not counted.
             */
            statements: number;
        };
        /** @description One person. */
        PersonPage: {
            /** @description The newest first. */
            activities: components["schemas"]["PersonActivity"][];
            /** @description Documents of its newest activities and of its profiles. */
            documents: components["schemas"]["PersonDocument"][];
            /** @description When statements of it happened first. */
            first_seen?: string | null;
            /** @description The one it is known by first. */
            identifiers: components["schemas"]["PersonIdentifier"][];
            /** @description And last. */
            last_seen?: string | null;
            /** @description The name that statements gave last, else an identifier. */
            name: string;
            /** @description Every name that statements gave. */
            names: string[];
            /** @description Who. */
            person: string;
            /**
             * Format: int64
             * @description Statements with this person as actor, voided ones not counted.
             */
            statements: number;
        };
        /** @description A refused request. */
        RefusalItem: {
            /** @description Bytes of its body that were kept. */
            bytes: number;
            /** @description Its code, such as `invalid_statement`. */
            code: string;
            /** @description `Content-Type` */
            content_type: string;
            /**
             * Format: int64
             * @description How often: authentications that fail are counted by the hour.
             */
            count: number;
            /** @description To ask for it. */
            id: string;
            /** @description With which key. */
            key: string;
            /** @description Its message. */
            message: string;
            /** @description `POST` */
            method: string;
            /** @description Path and query. */
            path: string;
            /** @description When it was sent again and accepted, if it was. */
            replayed?: string | null;
            /**
             * Format: int32
             * @description HTTP status of the answer.
             */
            status: number;
            /** @description `X-Experience-API-Version` */
            version: string;
            /** @description How many rules were broken. */
            violation_count: number;
            /** @description When it was refused, or last refused. */
            when: string;
        };
        /** @description A refused request with all that was kept of it. */
        RefusalPage: components["schemas"]["RefusalItem"] & {
            /** @description Its body as text, if it was kept and is text. */
            body?: string | null;
            /** @description Every broken rule. */
            violations: Record<string, never>[];
        };
        /** @description What to send. */
        ReplayRequest: {
            /** @description The body, perhaps corrected: JSON as text. */
            body: string;
        };
        /** @description What the body got. */
        ReplayView: {
            /** @description The answer: the ids of the statements, or the error with all violations. */
            body: Record<string, never>;
            /**
             * Format: int32
             * @description The HTTP status that it would have got.
             */
            status: number;
        };
        /** @description A result. */
        ResultItem: {
            /** @description Whether it was completed. */
            completion?: boolean | null;
            /**
             * Format: double
             * @description How long it took.
             */
            duration_seconds?: number | null;
            /** @description What was answered. */
            response?: string | null;
            /**
             * Format: double
             * @description From −100 to 100: the scaled score, or where the raw one lies between its bounds.
             */
            score_percent?: number | null;
            /** @description Whether it succeeded. */
            success?: boolean | null;
        };
        /** @description For how long the old secret stays valid. */
        RotationRequest: {
            /**
             * Format: int32
             * @description Seconds, at most 7776000 (90 days); 0 ends it at once.
             */
            grace_seconds: number;
        };
        /** @description Who is signed in, and what they may do. */
        Session: {
            account: components["schemas"]["Account"];
            /** @description To be sent as `X-CSRF-Token` with every request that changes something; null for a personal access token. */
            csrf_token?: string | null;
            /** @description When the session is over at the latest; null for a personal access token. */
            expires?: string | null;
            /** @description By LRS, what the account may do there. */
            permissions: {
                [key: string]: string[];
            };
        };
        /** @description Whether the first account is still to be made. */
        Setup: {
            needed: boolean;
        };
        /** @description An address and its password. */
        SignIn: {
            email: string;
            password: string;
        };
        /** @description What to take away. */
        SplitRequest: {
            /** @description An identifier of the person, as its page says it. */
            identifier: string;
        };
        /** @description A statement, ready to become a sentence. */
        StatementItem: {
            /** @description Who. */
            actor: components["schemas"]["ActorItem"];
            /** @description What came with it. */
            attachments: components["schemas"]["AttachmentItem"][];
            /** @description Who vouches for it. */
            authority: components["schemas"]["AuthorityItem"];
            /** @description Its id. */
            id: string;
            /** @description What. */
            object: components["schemas"]["ObjectItem"];
            result?: null | components["schemas"]["ResultItem"];
            /**
             * Format: int64
             * @description Its place in the log.
             */
            seq: number;
            /** @description When it was stored. */
            stored: string;
            /** @description When it happened, as it says. */
            timestamp: string;
            /** @description Did. */
            verb: components["schemas"]["VerbItem"];
            /** @description Whether another statement voids it. */
            voided: boolean;
        };
        /** @description One statement. */
        StatementPage: {
            /** @description As a sentence. */
            item: components["schemas"]["StatementItem"];
            /**
             * Format: int64
             * @description Its place in the log.
             */
            seq: number;
            /** @description As it is stored. */
            statement: Record<string, never>;
            /** @description The id of the statement that voids it; known a moment after it was voided. */
            voided_by?: string | null;
            /** @description The id of the statement that it voids. */
            voids?: string | null;
        };
        /** @description The figures of a store. */
        StoreFigures: {
            /**
             * Format: int64
             * @description Bytes of attachments.
             */
            attachment_bytes: number;
            /**
             * Format: int64
             * @description Documents.
             */
            documents: number;
            /**
             * Format: int64
             * @description Up to where the durable index reaches.
             */
            indexed_through: number;
            /**
             * Format: int64
             * @description The last position of the log.
             */
            log_position: number;
            /**
             * Format: int64
             * @description Bytes of the database.
             */
            size_bytes: number;
            /**
             * Format: int64
             * @description Statements, voided ones included.
             */
            statements: number;
        };
        /**
         * @description How far somebody is with an activity.
         * @enum {string}
         */
        StudyState: "in_progress" | "failed" | "completed" | "passed";
        /** @description A personal access token. */
        Token: {
            created: string;
            expires?: string | null;
            id: string;
            last_used?: string | null;
            name: string;
            /** @description To be sent as `Authorization: Bearer …`; only in the answer that creates the token. */
            secret?: string | null;
        };
        /** @description A token to create. */
        TokenRequest: {
            /** @description After this instant it lets nobody in. */
            expires?: string | null;
            /** @description What it is for. */
            name: string;
        };
        /** @description A verb. */
        VerbItem: {
            /** @description In the reader's language, else the end of its IRI. */
            display: string;
            /** @description Its IRI. */
            id: string;
        };
        /** @description Why a statement is voided. */
        VoidRequest: {
            /** @description In words; it is kept in the voiding statement. */
            reason: string;
        };
        /** @description The statement that voids another one. */
        VoidedView: {
            /** @description The id of the voiding statement. */
            id: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "post /api/v1/account/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            /** @description Changed, and signed in anew */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The old password is wrong, or the new one too weak */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `next` of the page before. */
                cursor: string | null;
                /** @description 1 to 500; 50 without it. */
                limit: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_Account"];
                };
            };
        };
    };
    "delete /api/v1/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "patch /api/v1/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountPatch"];
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description Not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description The last owner must stay */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Acts of this account's id. */
                account: string | null;
                /** @description This act, such as `key.create`; or `key` for every act on keys. */
                action: string | null;
                /** @description Acts in this LRS; needed by all but owners of the server. */
                lrs: string | null;
                /** @description From this instant on. */
                since: string | null;
                /** @description Before this instant. */
                until: string | null;
                /** @description Who, target, before or after contain this text. */
                text: string | null;
                /** @description `next` of the page before. */
                cursor: string | null;
                /** @description 1 to 500; 50 without it. */
                limit: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_AuditEntry"];
                };
            };
        };
    };
    "get /api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Acts of this account's id. */
                account: string | null;
                /** @description This act, such as `key.create`; or `key` for every act on keys. */
                action: string | null;
                /** @description Acts in this LRS; needed by all but owners of the server. */
                lrs: string | null;
                /** @description From this instant on. */
                since: string | null;
                /** @description Before this instant. */
                until: string | null;
                /** @description Who, target, before or after contain this text. */
                text: string | null;
                /** @description `next` of the page before. */
                cursor: string | null;
                /** @description 1 to 500; 50 without it. */
                limit: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description NDJSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
        };
    };
    "get /api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_Invitation"];
                };
            };
        };
    };
    "post /api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationRequest"];
            };
        };
        responses: {
            /** @description Invited */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            /** @description There is an account with this address */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /api/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Acceptance"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The link is not valid any more */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "delete /api/v1/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The invitation */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Withdrawn */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "get /api/v1/lrss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_Lrs"];
                };
            };
        };
    };
    "post /api/v1/lrss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LrsRequest"];
            };
        };
        responses: {
            /** @description Created */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lrs"];
                };
            };
            /** @description The name is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "delete /api/v1/lrss/{lrs}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "get /api/v1/lrss/{lrs}/activities": {
        parameters: {
            query?: {
                /** @description Activities below this one; without it, those that nothing is above. */
                parent?: string;
                /** @description Activities with these words in their names, wherever they are. */
                text?: string;
                /** @description `next` of the page before. */
                cursor?: string;
                /** @description At most so many, 1 to 500; 50 by default. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_ActivityItem"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/activity": {
        parameters: {
            query: {
                /** @description The activity's id. */
                id: string;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityPage"];
                };
            };
            /** @description No statement names it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/attachments/{sha2}": {
        parameters: {
            query: {
                /** @description The id of a statement that names it, and that the caller may see. */
                statement: string;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description Its SHA-2 */
                sha2: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description There is none, or it is not yours to see */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/groups": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_Group"];
                };
            };
        };
    };
    "post /api/v1/lrss/{lrs}/groups": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupRequest"];
            };
        };
        responses: {
            /** @description Made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
        };
    };
    "delete /api/v1/lrss/{lrs}/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The group */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "patch /api/v1/lrss/{lrs}/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The group */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupPatch"];
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_Key"];
                };
            };
        };
    };
    "post /api/v1/lrss/{lrs}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKeyRequest"];
            };
        };
        responses: {
            /** @description Made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyWithSecret"];
                };
            };
        };
    };
    "delete /api/v1/lrss/{lrs}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The key */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "patch /api/v1/lrss/{lrs}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The key */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyPatch"];
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
        };
    };
    "post /api/v1/lrss/{lrs}/keys/{key}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The key */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotationRequest"];
            };
        };
        responses: {
            /** @description The new secret, this once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyWithSecret"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/live": {
        parameters: {
            query?: {
                /** @description Go on behind this place of the log (`seq`); without it, at its end. `Last-Event-ID` says the same and wins. */
                after?: string;
                /** @description Statements of any identifier of this person. */
                person?: string;
                /** @description An agent: its key, as in `actor.key`, or a JSON agent. */
                agent?: string;
                /** @description A verb's id. */
                verb?: string;
                /** @description An activity's id. */
                activity?: string;
                /** @description Also where person, agent and activity stand elsewhere than as actor and object. */
                related?: boolean;
                /** @description A registration (UUID). */
                registration?: string;
                /** @description Stored after this instant. */
                since?: string;
                /** @description Stored at or before this instant. */
                until?: string;
                /** @description Score in percent, at least. */
                score_min?: number;
                /** @description Score in percent, at most. */
                score_max?: number;
                /** @description Words; the last one may be unfinished. */
                text?: string;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Too many streams; see Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/operations": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its figures */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperationsView"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/people": {
        parameters: {
            query?: {
                /** @description A name, a mailbox or an account, not necessarily exact; without it, who was seen last comes first. */
                text?: string;
                /** @description `next` of the page before. */
                cursor?: string;
                /** @description At most so many, 1 to 500; 50 by default. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The best matches first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_PersonItem"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/people/{person}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The person */
                person: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonPage"];
                };
            };
            /** @description There is none, or it is not yours to see */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /api/v1/lrss/{lrs}/people/{person}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The person */
                person: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MergeRequest"];
            };
        };
        responses: {
            /** @description They are one */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description They are one already, or have too many identifiers */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /api/v1/lrss/{lrs}/people/{person}/split": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The person */
                person: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SplitRequest"];
            };
        };
        responses: {
            /** @description They are two */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It is not an identifier of theirs beside others */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/refusals": {
        parameters: {
            query?: {
                /** @description Only of this key. */
                key?: string;
                /** @description After this instant. */
                since?: string;
                /** @description At or before this instant. */
                until?: string;
                /** @description `next` of the page before. */
                cursor?: string;
                /** @description At most so many, 1 to 500; 50 by default. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_RefusalItem"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/refusals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The request */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusalPage"];
                };
            };
            /** @description There is none, or it is not kept any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /api/v1/lrss/{lrs}/refusals/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The request */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            /** @description What it got */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayView"];
                };
            };
            /** @description It cannot be sent again */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/statements": {
        parameters: {
            query?: {
                /** @description Statements of any identifier of this person. */
                person?: string;
                /** @description An agent: its key, as in `actor.key`, or a JSON agent. */
                agent?: string;
                /** @description A verb's id. */
                verb?: string;
                /** @description An activity's id. */
                activity?: string;
                /** @description Also where person, agent and activity stand elsewhere than as actor and object. */
                related?: boolean;
                /** @description A registration (UUID). */
                registration?: string;
                /** @description Stored after this instant. */
                since?: string;
                /** @description Stored at or before this instant. */
                until?: string;
                /** @description Score in percent, at least. */
                score_min?: number;
                /** @description Score in percent, at most. */
                score_max?: number;
                /** @description Words; the last one may be unfinished. */
                text?: string;
                /** @description `next` of the page before. */
                cursor?: string;
                /** @description At most so many, 1 to 500; 50 by default. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_StatementItem"];
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/statements/export": {
        parameters: {
            query: {
                /** @description In which form. */
                format: "ndjson" | "csv";
                /** @description Statements of any identifier of this person. */
                person?: string;
                /** @description An agent: its key, as in `actor.key`, or a JSON agent. */
                agent?: string;
                /** @description A verb's id. */
                verb?: string;
                /** @description An activity's id. */
                activity?: string;
                /** @description Also where person, agent and activity stand elsewhere than as actor and object. */
                related?: boolean;
                /** @description A registration (UUID). */
                registration?: string;
                /** @description Stored after this instant. */
                since?: string;
                /** @description Stored at or before this instant. */
                until?: string;
                /** @description Score in percent, at least. */
                score_min?: number;
                /** @description Score in percent, at most. */
                score_max?: number;
                /** @description Words; the last one may be unfinished. */
                text?: string;
            };
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
        };
    };
    "get /api/v1/lrss/{lrs}/statements/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The statement's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementPage"];
                };
            };
            /** @description There is none, or it is not yours to see */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /api/v1/lrss/{lrs}/statements/{id}/void": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The LRS */
                lrs: string;
                /** @description The statement's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VoidRequest"];
            };
        };
        responses: {
            /** @description It is voided */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VoidedView"];
                };
            };
            /** @description It is voided already, or is voiding itself */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Somebody */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Nobody */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Address or password are wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description Too many failures; see Retry-After */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "delete /api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "delete /api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out everywhere */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "get /api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setup"];
                };
            };
        };
    };
    "post /api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FirstAccount"];
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The link is not valid any more */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listed_Token"];
                };
            };
        };
    };
    "post /api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenRequest"];
            };
        };
        responses: {
            /** @description Made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
        };
    };
    "delete /api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The token */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "get /health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    "get /health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description It cannot; the reason is in the answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    "get /xapi/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description {version: […]} */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    "get /xapi/activities": {
        parameters: {
            query: {
                /** @description An activity's id */
                activityId: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An Activity, of an unknown id too */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description Broken rules, all of them */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /xapi/activities/profile": {
        parameters: {
            query: {
                activityId: string;
                profileId?: string;
                since?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No such document */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "put /xapi/activities/profile": {
        parameters: {
            query: {
                activityId: string;
                profileId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Replaced */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /xapi/activities/profile": {
        parameters: {
            query: {
                activityId: string;
                profileId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Merged */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "delete /xapi/activities/profile": {
        parameters: {
            query: {
                activityId: string;
                profileId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /xapi/activities/state": {
        parameters: {
            query: {
                activityId: string;
                agent: string;
                registration?: string;
                stateId?: string;
                since?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No such document */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "put /xapi/activities/state": {
        parameters: {
            query: {
                activityId: string;
                agent: string;
                registration?: string;
                stateId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Replaced */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /xapi/activities/state": {
        parameters: {
            query: {
                activityId: string;
                agent: string;
                registration?: string;
                stateId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Merged */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "delete /xapi/activities/state": {
        parameters: {
            query: {
                activityId: string;
                agent: string;
                registration?: string;
                stateId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /xapi/agents": {
        parameters: {
            query: {
                /** @description An Agent or identified Group as JSON */
                agent: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A Person, of an unknown agent too */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description Broken rules, all of them */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /xapi/agents/profile": {
        parameters: {
            query: {
                agent: string;
                profileId?: string;
                since?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No such document */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "put /xapi/agents/profile": {
        parameters: {
            query: {
                agent: string;
                profileId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Replaced */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /xapi/agents/profile": {
        parameters: {
            query: {
                agent: string;
                profileId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "*/*": unknown;
            };
        };
        responses: {
            /** @description Merged */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "delete /xapi/agents/profile": {
        parameters: {
            query: {
                agent: string;
                profileId?: string;
            };
            header?: {
                "If-Match"?: string;
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not there any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description See If-Match */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "get /xapi/statements": {
        parameters: {
            query?: {
                /** @description One statement by its id */
                statementId?: string;
                /** @description One voided statement by its id */
                voidedStatementId?: string;
                /** @description An Agent or identified Group as JSON */
                agent?: string;
                /** @description A verb's id */
                verb?: string;
                /** @description An activity's id */
                activity?: string;
                /** @description A registration (UUID) */
                registration?: string;
                /** @description Look for the activity in context and sub-statements too */
                related_activities?: boolean;
                /** @description Look for the agent in authority, context and sub-statements too */
                related_agents?: boolean;
                /** @description Stored after this instant */
                since?: string;
                /** @description Stored at or before this instant */
                until?: string;
                /** @description Statements on a page; 0: as many as the server permits */
                limit?: number;
                /** @description exact, ids or canonical */
                format?: string;
                /** @description Answer multipart/mixed with the attachments' bytes */
                attachments?: boolean;
                /** @description Oldest first */
                ascending?: boolean;
                /** @description From more; stands alone */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A statement, or {statements, more} */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description Broken rules, all of them */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description No such statement */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "put /xapi/statements": {
        parameters: {
            query: {
                /** @description The id of the statement (UUID) */
                statementId: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description One statement */
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Stored, or there already with the same content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Broken rules, all of them */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description Another statement has this id */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
    "post /xapi/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description A statement or an array of them; with attachments as multipart/mixed */
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The ids */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string[];
                };
            };
            /** @description Broken rules, all of them */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description Other statements have some of the ids */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description More than a limit, which is named */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
            /** @description The store cannot write now; see Retry-After */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEnvelope"];
                };
            };
        };
    };
}
