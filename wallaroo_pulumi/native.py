"""The package's resources and functions, served by the native plugin::

    import wallaroo_pulumi.native as wallaroo

    europe = wallaroo.Provider("europe", domain="eu.example.com")
    workspace = wallaroo.Workspace("fraud", opts=pulumi.ResourceOptions(provider=europe))

The names and signatures are those of ``wallaroo_pulumi``. Generated from the definitions by ``make generate``.
"""

from __future__ import annotations

from enum import StrEnum

import pulumi

from . import components
from .adapters import classes
from .adapters.builders import (
    Autoscale,
    Sidekick,
    engine_config,
    meta_split_step,
    model_ref,
    model_step,
    random_split_step,
    shadow_step,
)
from .adapters.functions import (
    ConnectionResult,
    ModelVersionResult,
    PipelineResult,
    UserResult,
    UsersResult,
    WorkspaceResult,
    WorkspacesResult,
)
from .adapters.native_functions import (
    get_connection,
    get_connection_output,
    get_model_version,
    get_model_version_output,
    get_pipeline,
    get_pipeline_output,
    get_user,
    get_user_output,
    get_users,
    get_users_output,
    get_workspace,
    get_workspace_output,
    get_workspaces,
    get_workspaces_output,
)
from .adapters.native_provider import InstanceProvider
from .adapters.program import NativeResource

__all__ = [
    "Accel",
    "Adopt",
    "Arch",
    "Assay",
    "Autoscale",
    "AutoscaleType",
    "Connection",
    "ConnectionAdopt",
    "ConnectionResult",
    "Deployment",
    "Edge",
    "EdgeAdopt",
    "Framework",
    "IntervalUnit",
    "ModelRegistry",
    "ModelRegistryAttachment",
    "ModelVersion",
    "ModelVersionResult",
    "Orchestration",
    "Pipeline",
    "PipelinePublish",
    "PipelineResult",
    "Provider",
    "Role",
    "ServedModel",
    "Sidekick",
    "Task",
    "Team",
    "UnivariateContinuousAggregation",
    "UnivariateContinuousMetric",
    "User",
    "UserResult",
    "UsersResult",
    "Visibility",
    "Workspace",
    "WorkspaceConnection",
    "WorkspaceMember",
    "WorkspaceResult",
    "WorkspacesResult",
    "engine_config",
    "get_connection",
    "get_connection_output",
    "get_model_version",
    "get_model_version_output",
    "get_pipeline",
    "get_pipeline_output",
    "get_user",
    "get_user_output",
    "get_users",
    "get_users_output",
    "get_workspace",
    "get_workspace_output",
    "get_workspaces",
    "get_workspaces_output",
    "meta_split_step",
    "model_ref",
    "model_step",
    "random_split_step",
    "shadow_step",
]


class Workspace(NativeResource, classes.Workspace):
    __doc__ = classes.Workspace.__doc__


class WorkspaceMember(NativeResource, classes.WorkspaceMember):
    __doc__ = classes.WorkspaceMember.__doc__


class User(NativeResource, classes.User):
    __doc__ = classes.User.__doc__


class ModelVersion(NativeResource, classes.ModelVersion):
    __doc__ = classes.ModelVersion.__doc__


class Pipeline(NativeResource, classes.Pipeline):
    __doc__ = classes.Pipeline.__doc__


class Deployment(NativeResource, classes.Deployment):
    __doc__ = classes.Deployment.__doc__


class PipelinePublish(NativeResource, classes.PipelinePublish):
    __doc__ = classes.PipelinePublish.__doc__


class Edge(NativeResource, classes.Edge):
    __doc__ = classes.Edge.__doc__


class Assay(NativeResource, classes.Assay):
    __doc__ = classes.Assay.__doc__


class Connection(NativeResource, classes.Connection):
    __doc__ = classes.Connection.__doc__


class WorkspaceConnection(NativeResource, classes.WorkspaceConnection):
    __doc__ = classes.WorkspaceConnection.__doc__


class ModelRegistry(NativeResource, classes.ModelRegistry):
    __doc__ = classes.ModelRegistry.__doc__


class ModelRegistryAttachment(NativeResource, classes.ModelRegistryAttachment):
    __doc__ = classes.ModelRegistryAttachment.__doc__


class Orchestration(NativeResource, classes.Orchestration):
    __doc__ = classes.Orchestration.__doc__


class Task(NativeResource, classes.Task):
    __doc__ = classes.Task.__doc__


class ServedModel(components.ServedModel):
    __doc__ = components.ServedModel.__doc__
    _children = __name__


class Team(components.Team):
    __doc__ = components.Team.__doc__
    _children = __name__


class Provider(InstanceProvider):
    """A Wallaroo instance and an account on it, for resources with the option `provider`.

    Settings that are not given come from the environment, as in a stack's configuration.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        domain: pulumi.Input[str] | None = None,
        prefix: pulumi.Input[str] | None = None,
        suffix: pulumi.Input[str] | None = None,
        api_url: pulumi.Input[str] | None = None,
        keycloak_url: pulumi.Input[str] | None = None,
        realm: pulumi.Input[str] | None = None,
        client_id: pulumi.Input[str] | None = None,
        client_secret: pulumi.Input[str] | None = None,
        username: pulumi.Input[str] | None = None,
        password: pulumi.Input[str] | None = None,
        token: pulumi.Input[str] | None = None,
        auth: pulumi.Input[str] | None = None,
        ca_bundle: pulumi.Input[str] | None = None,
        timeout: pulumi.Input[float] | None = None,
        max_retries: pulumi.Input[int] | None = None,
        allow_insecure: pulumi.Input[bool] | None = None,
        validate: pulumi.Input[bool] | None = None,
        graphql: pulumi.Input[str] | None = None,
        accept_instance: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a Provider.

        :param domain: The instance's domain: API and Keycloak are both at `https://<domain>`.
        :param prefix: The prefix of the instance's host names: the API is at
            `https://<prefix>.api.<suffix>`.
        :param suffix: The suffix of the instance's host names: the API is at `https://api.<suffix>`.
        :param api_url: The base URL of the API, without `/v1/api`. Overrides domain, prefix and suffix.
        :param keycloak_url: The base URL of Keycloak, without `/auth`. Derived from the API's address by
            default.
        :param realm: The Keycloak realm, `master` by default.
        :param client_id: The OAuth client, `api-client` by default.
        :param client_secret: The client's secret; not set for a public client.
        :param username: The user's name.
        :param password: The user's password.
        :param token: A bearer token that was obtained elsewhere, used as it is.
        :param auth: How to log in: `token`, `password`, `client_credentials` or `sdk`. By default the
            first of the first three that the settings allow.
        :param ca_bundle: A PEM file with private certificate authorities. TLS verification is never
            disabled.
        :param timeout: Seconds for each request, 30 by default.
        :param max_retries: How often a request is repeated, 4 by default.
        :param allow_insecure: Whether plain `http://` is accepted for addresses other than loopback.
        :param validate: Whether a preview asks the instance what it would refuse and what would be
            adopted.
        :param graphql: Whether to use the GraphQL endpoint for what only it offers: `auto`, the default,
            if it answers, or `off`.
        :param accept_instance: The identity of an instance that the stack is applied to although its
            state records another one.
        """
        settings = {
            "domain": domain,
            "prefix": prefix,
            "suffix": suffix,
            "apiUrl": api_url,
            "keycloakUrl": keycloak_url,
            "realm": realm,
            "clientId": client_id,
            "clientSecret": client_secret,
            "username": username,
            "password": password,
            "token": token,
            "auth": auth,
            "caBundle": ca_bundle,
            "timeout": timeout,
            "maxRetries": max_retries,
            "allowInsecure": allow_insecure,
            "validate": validate,
            "graphql": graphql,
            "acceptInstance": accept_instance,
        }
        super().__init__(resource_name, settings, opts)


class Accel(StrEnum):
    NONE = "none"
    CUDA = "cuda"
    JETSON = "jetson"
    OPENVINO = "openvino"
    ROCM = "rocm"


class Adopt(StrEnum):
    NEVER = "never"
    IF_EMPTY = "if_empty"
    ALWAYS = "always"


class Arch(StrEnum):
    X86 = "x86"
    ARM = "arm"
    POWER10 = "power10"


class AutoscaleType(StrEnum):
    CPU = "cpu"
    GPU = "gpu"
    QUEUE = "queue"
    NONE = "none"


class ConnectionAdopt(StrEnum):
    NEVER = "never"
    IF_SAME = "if_same"


class EdgeAdopt(StrEnum):
    NEVER = "never"
    RENEW = "renew"


class Framework(StrEnum):
    CUSTOM = "custom"
    HUGGING_FACE_AUTOMATIC_SPEECH_RECOGNITION = "hugging-face-automatic-speech-recognition"
    HUGGING_FACE_FEATURE_EXTRACTION = "hugging-face-feature-extraction"
    HUGGING_FACE_IMAGE_CLASSIFICATION = "hugging-face-image-classification"
    HUGGING_FACE_IMAGE_SEGMENTATION = "hugging-face-image-segmentation"
    HUGGING_FACE_IMAGE_TO_TEXT = "hugging-face-image-to-text"
    HUGGING_FACE_OBJECT_DETECTION = "hugging-face-object-detection"
    HUGGING_FACE_QUESTION_ANSWERING = "hugging-face-question-answering"
    HUGGING_FACE_SENTIMENT_ANALYSIS = "hugging-face-sentiment-analysis"
    HUGGING_FACE_STABLE_DIFFUSION_TEXT2_IMG = "hugging-face-stable-diffusion-text-2-img"
    HUGGING_FACE_SUMMARIZATION = "hugging-face-summarization"
    HUGGING_FACE_TEXT_CLASSIFICATION = "hugging-face-text-classification"
    HUGGING_FACE_TEXT_GENERATION = "hugging-face-text-generation"
    HUGGING_FACE_TRANSLATION = "hugging-face-translation"
    HUGGING_FACE_ZERO_SHOT_CLASSIFICATION = "hugging-face-zero-shot-classification"
    HUGGING_FACE_ZERO_SHOT_IMAGE_CLASSIFICATION = "hugging-face-zero-shot-image-classification"
    HUGGING_FACE_ZERO_SHOT_OBJECT_DETECTION = "hugging-face-zero-shot-object-detection"
    KERAS = "keras"
    MLFLOW = "mlflow"
    ONNX = "onnx"
    PYTHON = "python"
    PYTORCH = "pytorch"
    SGLANG = "sglang"
    SKLEARN = "sklearn"
    TENSORFLOW = "tensorflow"
    VLLM = "vllm"
    XGBOOST = "xgboost"


class IntervalUnit(StrEnum):
    MINUTE = "Minute"
    HOUR = "Hour"
    DAY = "Day"
    WEEK = "Week"


class Role(StrEnum):
    OWNER = "OWNER"
    COLLABORATOR = "COLLABORATOR"


class UnivariateContinuousAggregation(StrEnum):
    CUMULATIVE = "Cumulative"
    DENSITY = "Density"
    EDGES = "Edges"


class UnivariateContinuousMetric(StrEnum):
    MAX_DIFF = "MaxDiff"
    PSI = "PSI"
    SUM_DIFF = "SumDiff"


class Visibility(StrEnum):
    PRIVATE = "private"
    PUBLIC = "public"
