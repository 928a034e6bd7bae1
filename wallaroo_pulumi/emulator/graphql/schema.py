"""The schema of `/v1/graphql`: its types, their tables and their relations.

The names are those of the documents in the vendor's SDK; whatever these do not request is left out.
"""

from typing import NamedTuple

from ..settings import OCI_REGISTRY, PLATFORM_VERSION

SDL = """
schema { query: query_root, mutation: mutation_root }

type query_root {
    workspace_by_pk(id: bigint!): workspace
    user_default_workspace(where: user_default_workspace_bool_exp): [user_default_workspace!]!
    model(where: model_bool_exp): [model!]!
    model_by_pk(id: bigint!): model
    search_models(args: search_args!, where: model_bool_exp, order_by: [order_by_columns!]): [model!]!
    model_config_by_pk(id: bigint!): model_config
    pipeline(where: pipeline_bool_exp, order_by: [order_by_columns!]): [pipeline!]!
    pipeline_by_pk(id: bigint!): pipeline
    pipeline_version_by_pk(id: bigint!): pipeline_version
    search_pipelines(
        args: search_args!, distinct_on: pipeline_version_select_column, where: pipeline_version_bool_exp,
        order_by: [order_by_columns!]
    ): [pipeline_version!]!
    deployment(where: deployment_bool_exp): [deployment!]!
    deployment_by_pk(id: bigint!): deployment
    tag(order_by: [order_by_columns!]): [tag!]!
    tag_by_pk(id: bigint!): tag
    orchestration_by_pk(id: uuid!): orchestration
}
type mutation_root {
    insert_workspace_one(object: workspace_insert_input!, on_conflict: workspace_on_conflict): workspace
    delete_workspace_users(where: workspace_users_bool_exp!): mutation_response
    insert_tag(objects: [tag_insert_input!]!): tag_mutation_response
    insert_model_tag(objects: [model_tag_insert_input!]!): model_tag_mutation_response
    delete_model_tag(where: model_tag_bool_exp!): model_tag_mutation_response
    insert_pipeline_tag(objects: [pipeline_tag_insert_input!]!): pipeline_tag_mutation_response
    delete_pipeline_tag(where: pipeline_tag_bool_exp!): pipeline_tag_mutation_response
    update_model(where: model_bool_exp!, _set: model_set_input): model_mutation_response
    update_pipeline(where: pipeline_bool_exp!, _set: pipeline_set_input): pipeline_mutation_response
    update_assay_by_pk(pk_columns: assay_pk_columns_input!, _set: assay_set_input): assay
}

type workspace {
    id: bigint!  name: String!  archived: Boolean!  created_at: timestamptz!  created_by: String
    users: [workspace_users!]!
    models(order_by: [order_by_columns!]): [models!]!
    pipelines: [pipeline!]!
}
type workspace_users { user_id: String!  user_type: String! }
type user_default_workspace { user_id: String!  workspace: workspace! }
type models { id: bigint!  name: String!  updated_at: timestamptz!  workspace: workspace!  models: [model!]! }
type model {
    id: bigint!  model_id: String!  model_version: String!  models_pk_id: bigint!  sha: String!
    status: String!  error_summary: String  file_name: String!  image_path: String  visibility: String!
    conversion(path: String): jsonb
    owner_id: String!  created_on_version: String!  created_at: timestamptz!  updated_at: timestamptz!
    model: models!
    model_tags: [model_tag!]!
}
type model_config {
    id: bigint!  runtime: String!  filter_threshold: Float  tensor_fields: jsonb
    input_schema: String  output_schema: String  batch_config: String
    dynamic_batching_config: jsonb  continuous_batching_config: jsonb  openai: jsonb
    model: model!
}
type pipeline {
    id: bigint!  pipeline_id: String!  owner_id: String!  visibility: String!
    created_at: timestamptz!  updated_at: timestamptz!
    workspace: workspace!
    pipeline_versions(order_by: [order_by_columns!]): [pipeline_version!]!
    deployment: deployment
    pipeline_tags: [pipeline_tag!]!
}
type pipeline_version {
    id: bigint!  version: String!  definition: jsonb!  pipeline_pk_id: bigint!  owner_id: String!
    created_on_version: String!  created_at: timestamptz!  updated_at: timestamptz!
    pipeline: pipeline!
    pipeline_publishes: [pipeline_publish!]!
    deployment_pipeline_versions: [deployment_pipeline_version!]!
    deployment_model_configs: [deployment_model_config!]!
}
type pipeline_publish {
    id: bigint!  pipeline_version_id: bigint!  status: String!  engine_config: jsonb
    chart_url: String  engine_url: String  pipeline_url: String  user_images: jsonb
    created_on_version: String!  created_by: String  created_at: timestamptz!  updated_at: timestamptz!
}
type deployment {
    id: bigint!  deploy_id: String!  deployed: Boolean!  engine_config: jsonb  limit_status: String
    pipeline: pipeline!
    deployment_pipeline_versions(order_by: [order_by_columns!]): [deployment_pipeline_version!]!
    deployment_model_configs: [deployment_model_config!]!
    deployment_model_configs_aggregate(
        distinct_on: [deployment_model_config_select_column!]
    ): deployment_model_config_aggregate!
}
type deployment_model_config_aggregate { nodes: [deployment_model_config!]! }
type deployment_pipeline_version {
    created_at: timestamptz!  updated_at: timestamptz!
    deployment: deployment!  pipeline_version: pipeline_version!
}
type deployment_model_config { model_config: model_config! }
type tag { id: bigint!  tag: String!  model_tags: [model_tag!]!  pipeline_tags: [pipeline_tag!]! }
type model_tag { id: bigint!  model_id: bigint!  tag_id: bigint!  model: model!  tag: tag! }
type pipeline_tag { id: bigint!  pipeline_pk_id: bigint!  tag_pk_id: bigint!  pipeline: pipeline!  tag: tag! }
type orchestration {
    id: uuid!  name: String  file_name: String  owner_id: String!  sha: String!  status: String!  task_id: uuid
    workspace_id: bigint!  created_at: timestamptz!  updated_at: timestamptz!  image_path: String
    created_on_version: String!  file_size: bigint  created_by: String
}
type assay { id: bigint!  name: String!  active: Boolean! }
type mutation_response { affected_rows: Int! }
type tag_mutation_response { returning: [tag!]! }
type model_tag_mutation_response { affected_rows: Int!  returning: [model_tag!]! }
type pipeline_tag_mutation_response { affected_rows: Int!  returning: [pipeline_tag!]! }
type model_mutation_response { returning: [model!]! }
type pipeline_mutation_response { returning: [pipeline!]! }

input search_args { search: String! }
input workspace_bool_exp { _and: [workspace_bool_exp!]  id: bigint_exp  name: String_exp }
input workspace_users_bool_exp {
    _and: [workspace_users_bool_exp!]  user_id: String_exp  workspace_id: bigint_exp
}
input user_default_workspace_bool_exp { user_id: String_exp }
input models_bool_exp { workspace: workspace_bool_exp }
input model_bool_exp {
    _and: [model_bool_exp!]  id: bigint_exp  model_id: String_exp  model_version: String_exp  owner_id: String_exp
    created_at: timestamptz_exp  model: models_bool_exp
}
input pipeline_bool_exp {
    _and: [pipeline_bool_exp!]  id: bigint_exp  pipeline_id: String_exp  workspace_id: bigint_exp
    workspace: workspace_bool_exp  deployment: deployment_bool_exp
}
input pipeline_version_bool_exp {
    _and: [pipeline_version_bool_exp!]  owner_id: String_exp  created_at: timestamptz_exp
    updated_at: timestamptz_exp  pipeline: pipeline_bool_exp
}
input deployment_bool_exp { id: bigint_exp  deploy_id: String_exp  deployed: Boolean_exp }
input String_exp { _eq: String }
input bigint_exp { _eq: bigint }
input Boolean_exp { _eq: Boolean }
input timestamptz_exp { _gte: timestamptz  _lte: timestamptz }
input order_by_columns {
    id: order_by  created_at: order_by  updated_at: order_by  pipeline_version: order_by_columns
}
enum order_by { asc desc }
enum pipeline_version_select_column { id }
enum deployment_model_config_select_column { deployment_id model_config_id }
input model_tag_bool_exp { _and: [model_tag_bool_exp!]  model_id: bigint_exp  tag_id: bigint_exp }
input pipeline_tag_bool_exp { _and: [pipeline_tag_bool_exp!]  pipeline_pk_id: bigint_exp  tag_pk_id: bigint_exp }
input tag_insert_input { tag: String! }
input model_tag_insert_input { model_id: bigint!  tag_id: bigint! }
input pipeline_tag_insert_input { pipeline_pk_id: bigint!  tag_pk_id: bigint! }
input model_set_input { visibility: String }
input pipeline_set_input { visibility: String }
input assay_pk_columns_input { id: bigint! }
input assay_set_input { alert_threshold: Float  warning_threshold: Float }
input workspace_insert_input {
    name: String!  owner_id: String!  created_by: String  archived: Boolean
    users: workspace_users_insert  user_default_workspaces: user_default_workspace_insert
}
input workspace_users_insert { data: [workspace_users_insert_input!]! }
input workspace_users_insert_input { user_id: String!  user_type: String }
input user_default_workspace_insert { data: [user_default_workspace_insert_input!]! }
input user_default_workspace_insert_input { user_id: String! }
input workspace_on_conflict { constraint: workspace_constraint!  update_columns: [workspace_update_column!]! }
enum workspace_constraint { workspace_name_key }
enum workspace_update_column { name }

scalar bigint
scalar jsonb
scalar timestamptz
scalar uuid
"""

# Every table has the workspace that its rows belong to. The parameters are in CONSTANTS.
CONSTANTS = {"version": PLATFORM_VERSION, "registry": OCI_REGISTRY, "no_owner": '""'}
TABLES = {
    "workspace": "SELECT *, id AS workspace_id FROM workspaces",
    "workspace_users": "SELECT * FROM workspace_members",
    "user_default_workspace": "SELECT * FROM default_workspaces",
    "models": "SELECT * FROM models",
    "model": """
        SELECT v.id, m.name AS model_id, v.version AS model_version, m.id AS models_pk_id, v.sha, v.status,
            v.error_summary, v.file_name, v.image_path, v.visibility, v.conversion, v.created_at,
            v.created_at AS updated_at, m.workspace_id, :version AS created_on_version, :no_owner AS owner_id
        FROM model_versions v JOIN models m ON m.id = v.model_id""",
    "model_config": """
        SELECT c.id, c.runtime, c.model_version_id, m.workspace_id, config ->> 'filter_threshold' AS filter_threshold,
            config -> 'tensor_fields' AS tensor_fields, config ->> 'input_schema' AS input_schema,
            config ->> 'output_schema' AS output_schema, config ->> 'batch_config' AS batch_config,
            config -> 'dynamic_batching_config' AS dynamic_batching_config,
            config -> 'continuous_batching_config' AS continuous_batching_config, config -> 'openai' AS openai
        FROM model_configs c JOIN model_versions v ON v.id = c.model_version_id JOIN models m ON m.id = v.model_id""",
    "pipeline": "SELECT *, name AS pipeline_id, :no_owner AS owner_id FROM pipelines",
    "pipeline_version": """
        SELECT v.*, v.pipeline_id AS pipeline_pk_id, v.created_at AS updated_at, p.workspace_id, p.name,
            :version AS created_on_version, :no_owner AS owner_id
        FROM pipeline_versions v JOIN pipelines p ON p.id = v.pipeline_id""",
    "pipeline_publish": """
        SELECT *, :version AS created_on_version, '[]' AS user_images,
            CASE status WHEN 'Published' THEN :registry || '/charts/' || pipeline_name END AS chart_url,
            CASE status WHEN 'Published' THEN :registry || '/engines/fitzroy-mini:v' || :version END AS engine_url,
            CASE status WHEN 'Published' THEN :registry || '/pipelines/' || pipeline_name || ':'
                || pipeline_version_name END AS pipeline_url
        FROM publishes""",
    "deployment": """
        SELECT d.id, d.pipeline_id, p.name AS deploy_id, d.state NOT IN ('ending', 'ended') AS deployed,
            d.engine_config, NULL AS limit_status, p.workspace_id
        FROM deployments d JOIN pipelines p ON p.id = d.pipeline_id""",
    "deployment_pipeline_version": """
        SELECT d.id AS deployment_id, v.id AS pipeline_version_id, v.created_at, v.created_at AS updated_at,
            p.workspace_id
        FROM deployments d JOIN pipeline_versions v ON v.id = d.version_id JOIN pipelines p ON p.id = d.pipeline_id""",
    # The latest configuration of each model version that the deployed definition names.
    "deployment_model_config": """
        SELECT d.id AS deployment_id, d.version_id AS pipeline_version_id, max(c.id) AS model_config_id, p.workspace_id
        FROM deployments d JOIN pipelines p ON p.id = d.pipeline_id JOIN pipeline_versions r ON r.id = d.version_id
            JOIN model_versions v ON instr(r.definition, v.version) JOIN model_configs c ON c.model_version_id = v.id
        GROUP BY d.id, v.id""",
    "tag": "SELECT *, NULL AS workspace_id FROM tags",
    "model_tag": """
        SELECT t.*, m.workspace_id FROM model_tags t JOIN model_versions v ON v.id = t.model_id
            JOIN models m ON m.id = v.model_id""",
    "pipeline_tag": "SELECT t.*, p.workspace_id FROM pipeline_tags t JOIN pipelines p ON p.id = t.pipeline_pk_id",
    "orchestration": """
        SELECT *, :registry || '/arbex-orch-deploy:v' || :version AS image_path, owner_id AS created_by,
            :version AS created_on_version
        FROM orchestrations""",
    "assay": "SELECT * FROM old_assays",
}  # fmt: skip


class Join(NamedTuple):
    """A relation: the rows of `table` whose column `other` is equal to the own column `own`."""

    own: str
    table: str
    other: str


JOINS = {
    ("workspace", "users"): Join("id", "workspace_users", "workspace_id"),
    ("workspace", "models"): Join("id", "models", "workspace_id"),
    ("workspace", "pipelines"): Join("id", "pipeline", "workspace_id"),
    ("user_default_workspace", "workspace"): Join("workspace_id", "workspace", "id"),
    ("models", "workspace"): Join("workspace_id", "workspace", "id"),
    ("models", "models"): Join("id", "model", "models_pk_id"),
    ("model", "model"): Join("models_pk_id", "models", "id"),
    ("model", "model_tags"): Join("id", "model_tag", "model_id"),
    ("model_config", "model"): Join("model_version_id", "model", "id"),
    ("pipeline", "workspace"): Join("workspace_id", "workspace", "id"),
    ("pipeline", "pipeline_versions"): Join("id", "pipeline_version", "pipeline_pk_id"),
    ("pipeline", "deployment"): Join("id", "deployment", "pipeline_id"),
    ("pipeline", "pipeline_tags"): Join("id", "pipeline_tag", "pipeline_pk_id"),
    ("pipeline_version", "pipeline"): Join("pipeline_pk_id", "pipeline", "id"),
    ("pipeline_version", "pipeline_publishes"): Join("id", "pipeline_publish", "pipeline_version_id"),
    ("pipeline_version", "deployment_pipeline_versions"): Join(
        "id", "deployment_pipeline_version", "pipeline_version_id"
    ),
    ("pipeline_version", "deployment_model_configs"): Join(
        "id", "deployment_model_config", "pipeline_version_id"
    ),
    ("deployment", "pipeline"): Join("pipeline_id", "pipeline", "id"),
    ("deployment", "deployment_pipeline_versions"): Join(
        "id", "deployment_pipeline_version", "deployment_id"
    ),
    ("deployment", "deployment_model_configs"): Join("id", "deployment_model_config", "deployment_id"),
    ("deployment_pipeline_version", "deployment"): Join("deployment_id", "deployment", "id"),
    ("deployment_pipeline_version", "pipeline_version"): Join(
        "pipeline_version_id", "pipeline_version", "id"
    ),
    ("deployment_model_config", "model_config"): Join("model_config_id", "model_config", "id"),
    ("tag", "model_tags"): Join("id", "model_tag", "tag_id"),
    ("tag", "pipeline_tags"): Join("id", "pipeline_tag", "tag_pk_id"),
    ("model_tag", "model"): Join("model_id", "model", "id"),
    ("model_tag", "tag"): Join("tag_id", "tag", "id"),
    ("pipeline_tag", "pipeline"): Join("pipeline_pk_id", "pipeline", "id"),
    ("pipeline_tag", "tag"): Join("tag_pk_id", "tag", "id"),
}
