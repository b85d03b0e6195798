//! The list of all cases.

/// Makes one test of each case of the contract. `$factory` is evaluated in each test and gives a [`Factory`](crate::contract::Factory).
/// The backend's crate needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! contract_tests {
    ($factory:expr) => {
        $crate::contract_tests!(@group $factory; record:
            comes_back_as_sent
            keeps_every_byte_of_a_body
            keeps_the_order_of_a_batch
            takes_an_empty_batch
            leaves_a_repeated_statement_as_it_is
            leaves_a_repeated_statement_with_another_added_timestamp
            refuses_a_batch_with_a_taken_id_whole
            judges_an_id_twice_in_one_batch
            stored_grows_with_every_commit
            keeps_batches_whole_under_concurrency
            one_of_many_wins_an_id
            survives_reopening
            tells_similar_ids_apart
            two_lrss_are_apart
        );
        $crate::contract_tests!(@group $factory; find:
            by_each_filter
            keeps_filters_apart
            by_combinations
            by_any_of_several_agents
            among_positions
            since_and_until
            extreme_bounds
            order_limit_and_pages
            continues_behind_any_position
            pages_under_concurrent_writes
            finds_the_rare_among_the_common
        );
        $crate::contract_tests!(@group $factory; references:
            found_by_the_target
            found_over_several_steps
            found_over_a_bounded_number_of_steps
            late_targets
            circles
            many_references
            voided_statements_leave_the_lists
            voiding_in_any_order
            voiding_statements_stay
            voided_ids_stay_taken
            voided_references
            pages_of_references
        );
        $crate::contract_tests!(@group $factory; log:
            read_in_order
            ends_answers_of_long_bodies
            has_no_gaps
            followed_under_concurrency
            is_consistent_through
            merges_definitions
            collects_agent_names
            has_figures
            is_healthy
            is_unavailable_once_closed
            closing_finishes_what_was_acknowledged
        );
        $crate::contract_tests!(@group $factory; documents:
            comes_back_as_sent
            takes_large_bodies_and_odd_ids
            keeps_owners_apart
            preconditions
            deletes
            merges
            refuses_to_merge
            lists_what_changed_since
            state_and_registrations
            one_of_many_creates
            many_count_together
            many_merge_together
            two_lrss_are_apart
        );
        $crate::attachment_contract_tests!($factory);
        $crate::contract_tests!(@group $factory; restoration:
            reads_entries
            copies_a_log
            goes_on_after_a_copy
            restores_once
            refuses_what_does_not_fit
            restores_definitions_and_names
            copies_documents
            replaces_documents
        );
        $crate::contract_tests!(@group $factory; registry:
            creates_lrss
            opens_an_lrs_once
            deletes_lrss
            creates_keys
            lists_keys
            changes_keys
            revokes_keys
            restores_lrss_and_keys
            tells_keys_as_they_are_now
            follows_another_process
            follows_a_deletion
            closes
        );
        $crate::contract_tests!(@group $factory; accounts:
            change_whole_or_not_at_all
            find_change_and_list
            links_to_providers
            last_owner_stays
            what_lets_people_in
            groups
            key_uses_add_up
            audit_log_in_order
            rotates_keys
        );
        $crate::contract_tests!(@group $factory; leases:
            one_holder_at_a_time
            move_when_they_expire
            one_of_many_takes
        );
        $crate::contract_tests!(@group $factory; jobs:
            kept_for_their_lrs
            move_on_from_where_they_are
            one_of_many_moves_a_job_on
            are_bounded
            go_with_their_lrs
        );
        $crate::contract_tests!(@group $factory; views:
            keeps_sorted_entries
            moves_one_step_at_a_time
            one_of_many_makes_a_step
            shows_the_end_of_the_log
            keeps_identities
            two_lrss_are_apart
        );
        $crate::contract_tests!(@group $factory; model:
            agrees_with_a_naive_scan
            agrees_with_a_naive_scan_again
        );
    };
    (@group $factory:expr; $group:ident: $($case:ident)*) => {
        mod $group {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::contract::$group::$case(&$factory).await;
                }
            )*
        }
    };
}

/// Makes one test of each case about attachments, for the places where a backend can keep them. See [`contract_tests!`].
#[macro_export]
macro_rules! attachment_contract_tests {
    ($factory:expr) => {
        $crate::contract_tests!(@group $factory; attachments:
            found_by_every_sha2
            unknown_is_not_found
            streams_all_sizes
            kept_once
            dropped_leaves_nothing
            kept_for_a_repeated_statement
            read_by_many
            two_lrss_are_apart
            files_of_jobs_are_apart
        );
    };
}

#[cfg(test)]
mod tests {
    /// A case that is not listed would never run.
    #[test]
    fn every_case_is_listed() {
        let groups = [
            include_str!("record.rs"),
            include_str!("find.rs"),
            include_str!("references.rs"),
            include_str!("log.rs"),
            include_str!("documents.rs"),
            include_str!("attachments.rs"),
            include_str!("restoration.rs"),
            include_str!("registry.rs"),
            include_str!("accounts.rs"),
            include_str!("leases.rs"),
            include_str!("jobs.rs"),
            include_str!("model.rs"),
            include_str!("views.rs"),
        ];
        let list = include_str!("cases.rs");
        let cases = groups.iter().flat_map(|text| text.lines()).filter_map(|line| line.strip_prefix("pub async fn "));
        let names: Vec<_> = cases.filter_map(|line| line.split_once('(')).map(|(name, _)| name).collect();
        assert!(names.len() > 60, "{} cases", names.len());
        for name in names {
            let listed = list.lines().any(|line| line.trim() == name);
            assert!(listed, "the case {name} is not listed in contract_tests!");
        }
    }
}
