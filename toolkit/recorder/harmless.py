"""Words that reveal nothing: those of Teraslice's, Node's and OpenSearch's own messages and stack traces.

Only tables. A word of them stays in the text of an error; everywhere else a string is a pseudonym whatever it says.
Source: Teraslice 3.18.0, its messages as observed and in its source; Node 22's errors; OpenSearch 2's exceptions.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS: Final = _words("""
    a an and are as at be been before but by can cannot could did do does for from got had has have if in into is it
    its no non not of off on one only or other out over past so still than that the their then there these this those
    to too two up using via was were when which while will with without would you your all any each every first last
    more most new next same some such under until after again also between both during e.g. i.e. per vs must should may

    abort aborted accept accepted access account action active activity actual add added address aggregation aliases
    allocate allocated allocation allotted allowed already analytics api apis array asset assets assignment async
    attempt attempted attempts available backoff bad batch because begin blocked body boolean boot broken broker
    brokers bulk bytes cache caller calling cancelled caused cause changed chunk circuit class cleanup cleaning client
    close closed closing cluster code collection column command commit committed communicating complete completed
    concurrently condition config configuration conflict connect connected connecting connection connections consume
    consumed consumer content context controller controllers converting coordinator corrupt count crash crashed create
    created current currently cursor data date dead default delete deleted deployment deserialize destroyed detected
    directory disabled disconnect disconnected disk document documents doesn't done down dropped due duplicate empty
    enabled encountered encoding end ended endpoint endpoints enough enqueue enqueued entity entry error errors event
    events exceed exceeded exceeds exception exceptions execute executing execution executions existing exist exists
    exit exited exiting expected expired explicitly external extra fail failed failing fails failure failures fatal
    fetch fetcher field fields file files filter find finish finished finishing flush forbidden force format formatted
    forward found free full function gateway get give given gone gracefully greater group handle handled handler
    handshake hang happened has header heap hint host id ids ignored illegal immediately including incomplete incorrect
    index indexing indices init initialize initialized initializing input instance instead insufficient integer
    internal interval invalid item iterable iterator job jobs json keep key keys kill killed large latest latency
    leader least left length less letter level lifecycle limit line list listen listening load loading local lock log
    long lost lower malformed manager map mapped mapper mapping mark marked master max maximum memory merge message
    messages met method milliseconds min minimum missing mode module modules msg multiple name named need needs negative
    network never newer no-op node nodes none not-found null number numeric object offset offsets old opened open
    operation operations operator option options order orphaned outdated output overloaded own page param parameter
    parse parsed parsing partial partition partitions passed patch path pause paused payload peer pending percent
    period permission persistent pipeline please pod pods poll pool port position positive possible post preparing
    present prevent previous primary problem process processed processes processing processor producer promise
    properties property protocol provide provided provision provisioning put query queue queued range ran reached read
    reader reading ready reason reasons rebalance receive received reconnect reconnected record records recover
    recovered recovering recovery refresh refused reject rejected rejection release releasing remain remaining
    remove removed removing repeated replica replicas request requested requests require required requires reset
    resolve resource resources respond response restart restarted result results resume retention retried retries
    retry retrying returned return route rows run runner running schedule scheduled scheduler scheduling schema script
    scroll search seconds select selector send sender sending sent sequence serialize server service set setting
    settings shard shards shut shutdown shutting signal since size skip slice slicer slicers slices slow socket sort
    source specified split stack stalled start started starting state status step stop stopped stopping storage store
    stored stream string stuck submit submitted subscribe succeeded success successful system table task tasks
    temporarily terminal terminate terminated template than throttled throw thrown time timed timeout timer
    times timestamp
    topic topics total traffic transport try trying type types unable unassigned unauthorized unavailable undefined
    unexpected unhandled unknown unmapped unsupported update updated uploading url usage use used valid validate
    validation value values verify version wait waiting warn warning watch watchdog dog went worker workers write
    writing wrong yet zero zod
    ex phase custom user certificate self-signed see reach host
    isn't can't won't don't wasn't couldn't shouldn't execution_context worker_id ex_id job_id slice_id slicer_id
    node_master cluster_master assets_service execution_controller worker:shutdown execution:finished
    cluster:workers:remove cluster:workers:add cluster:execution:stop cluster:execution:pause cluster:execution:resume
    execution:analytics execution:error slicer:recovery:complete worker:slice:complete out-of-memory re-try auto once
    true false nan infinity utf-8 http https tcp ssl tls ttl cpu oom
""")
"""Words of messages, in lower case: they stay however they are capitalised."""

NAMES: Final = _words("""
    Error TSError TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError AssertionError
    AbortError TimeoutError SystemError ZodError ResponseError ConnectionError NoLivingConnectionsError
    ConfigurationError DeserializationError SerializationError OpenSearchClientError ElasticsearchClientError
    NotCompatibleError RequestAbortedError ProductNotSupportedError KafkaError KafkaJSError HTTPError DataEncoding
    DataEntity DataWindow SliceRequest SlicerRecoveryData FatalError RetryableError OpenSearch Elasticsearch Teraslice
    Kubernetes Kafka Node Lucene ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT ENOTFOUND ENOENT EACCES EPERM EPIPE
    EADDRINUSE EADDRNOTAVAIL EAI_AGAIN EEXIST EHOSTUNREACH EHOSTDOWN EISDIR EMFILE ENETUNREACH ENFILE ENOMEM ENOSPC
    ENOTDIR ENOTEMPTY EPROTO EROFS ESOCKETTIMEDOUT EBUSY EINVAL ECANCELED ERR_INVALID_ARG_TYPE
    ERR_INVALID_ARG_VALUE ERR_OUT_OF_RANGE ERR_STREAM_PREMATURE_CLOSE ERR_STREAM_WRITE_AFTER_END ERR_STREAM_DESTROYED
    ERR_MODULE_NOT_FOUND ERR_UNHANDLED_REJECTION ERR_HTTP_HEADERS_SENT ERR_TLS_CERT_ALTNAME_INVALID
    DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN CERT_HAS_EXPIRED UNABLE_TO_VERIFY_LEAF_SIGNATURE
    MODULE_NOT_FOUND SIGTERM SIGKILL SIGINT SIGABRT SIGSEGV SIGHUP SIGUSR2 GET PUT POST HEAD DELETE OPTIONS PATCH
    es_rejected_execution_exception rejected_execution_exception mapper_parsing_exception index_not_found_exception
    resource_already_exists_exception resource_not_found_exception search_phase_execution_exception
    cluster_block_exception circuit_breaking_exception document_missing_exception illegal_argument_exception
    illegal_state_exception invalid_index_name_exception json_parse_exception json_e_o_f_exception
    no_shard_available_action_exception node_closed_exception node_disconnected_exception
    node_not_connected_exception not_master_exception null_pointer_exception number_format_exception
    parse_exception parsing_exception process_cluster_event_timeout_exception query_shard_exception
    receive_timeout_transport_exception remote_transport_exception script_exception search_context_missing_exception
    security_exception shard_not_found_exception status_exception strict_dynamic_mapping_exception
    task_cancelled_exception timeout_exception too_many_buckets_exception too_many_clauses too_many_requests
    token_mgr_error transport_exception unavailable_shards_exception validation_exception
    version_conflict_engine_exception action_request_validation_exception cluster_manager_not_discovered_exception
    master_not_discovered_exception index_closed_exception i_o_exception access_control_exception
    x_content_parse_exception
""")
"""Names of errors, codes and products: they stay as they are written here."""

CODE: Final = _words("""
    app source packages teraslice teraslice-messaging teraslice-state-storage teraslice-op-test-harness
    teraslice-test-harness terafoundation job-components core-utils utils data-types data-mate
    elasticsearch-store opensearch-client scripts ts-transforms types xlucene-parser xlucene-translator dist src lib
    node_modules .pnpm pnpm node internal file async anonymous new p-map p-retry p-event p-limit p-whilst index main
    js cjs mjs ts workers worker execution-controller execution-context worker-service service slice promises errors
    builtin test-reader slicer slicers fetcher fetchers processor processors operations operation base analytics
    scheduler storage stores storages backends cluster services execution api assets messenger network queue
    task_queues timers events stream net http https dns tls tls_wrap fs buffer process vm module modules loader
    cjs esm run_main webpack undici axios kafkajs socket.io engine.io express body-parser elasticsearch opensearch
    opensearch-project aws-sdk smithy
    Object Function Array Promise Map Set Module Socket TLSSocket Server Client ClientRequest IncomingMessage
    Transport Readable Writable Duplex Transform EventEmitter Immediate Timeout Timer Pool Connection Query
    ExecutionController WorkerExecutionContext SlicerExecutionContext SliceExecution Worker Service ServiceRunner
    TestSlicer TestFetcher TestReader Slicer Fetcher Fetcher Processor BatchProcessor MapProcessor EachProcessor
    FilterProcessor ParallelSlicer SingleSlicer OperationCore APICore JobObserver Scheduler ExecutionAnalytics
    SliceAnalytics Messenger ExecutionStorage StateStorage JobsStorage ElasticsearchBackend Terafoundation
    initialize runOnce run _run runSlice _runSliceOnce _terminalError handle fetch newSlicer slice shutdown pRetry
    pRetryWithBackoff processTicksAndRejections processTimers runNextTicks process_tick_callback processImmediate
    listOnTimeout emit emitErrorNT emitErrorCloseNT endReadableNT onResponse onBody onEnd onclose onError onFailure
    afterConnect afterConnectMultiple destroy connect request send then catch next call apply bind finally step
    fulfilled rejected asyncRunEntryPointWithESMLoader executeUserEntryPoint load Module._load _load _compile
    internalConnect internalConnectMultiple parse stringify JSON onLookup handleSlice processSlice _processSlices
    retryFn retry deserialize serialize query bulk bulkSend search write read onBatch process
""")
"""Parts of the paths and names of stack traces."""

OPERATIONS: Final = _words("""
    noop delay collect test-reader data_generator date_router date_router_s3 drop_property drop_fields
    elasticsearch_reader elasticsearch_bulk elasticsearch_reader_api elasticsearch_sender_api
    elasticsearch_data_generator elasticsearch_dated_index elasticsearch_index_selector elasticsearch_state_storage
    spaces_reader spaces_reader_api id_reader script json_protocol
    kafka_reader kafka_sender kafka_reader_api kafka_sender_api kafka_dead_letter
    file_exporter file_reader file_reader_api file_sender_api hdfs_append hdfs_reader hdfs_sender_api s3_exporter
    s3_reader s3_reader_api s3_sender_api compressed_file_reader http_reader simple_api_reader simple_api
    accumulate accumulate_by_key add_key add_short_id count_by_field count_unique copy_field_conditional
    copy_metadata_field date_guard dedupe field_router filter filter_by_required_fields filter_by_unknown_fields
    group_by hash_router json_parser key_router metadata_router routed_sender partition_by_fields
    partition_by_hash partition_by_key ratio_report sample sample_exact sample_random set_default set_field
    set_field_conditional set_key sort stdout split_domain timeseries_filter transform window columnar
    data_window_to_array array_map_transform create_data_set fetcher matcher extraction truncate
""")
"""Operations and APIs of Teraslice itself and of its public assets."""

ASSETS: Final = frozenset({
    "builtin", "chaos", "common_processors", "elasticsearch", "file", "hdfs", "http", "kafka", "latest", "rate_limit",
    "s3", "spaces", "standard", "transforms",
})  # fmt: skip
"""Public assets."""
