"""The classes that programs import. Generated from the definitions in ``resources/`` by ``make generate``."""

from __future__ import annotations

# Does not import the kernel: a program that declares resources needs neither pydantic models nor HTTP.
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Self

import pulumi

from . import shapes
from .program import WallarooResource

if TYPE_CHECKING:
    from .types import (
        BaselineArgs,
        BaselineOutput,
        ContinuousBatchingArgs,
        ContinuousBatchingOutput,
        DynamicBatchingArgs,
        DynamicBatchingOutput,
        EngineConfigArgs,
        EngineConfigOutput,
        IntervalArgs,
        IntervalOutput,
        Model,
        ModelRefArgs,
        ModelRefOutput,
        OpenAiArgs,
        OpenAiOutput,
        QaicArgs,
        QaicOutput,
        StepArgs,
        StepOutput,
        SummarizerArgs,
        SummarizerOutput,
        WatchedArgs,
        WatchedOutput,
    )


class Workspace(WallarooResource):
    """A workspace, which contains the models and pipelines of a team.

    The name is unique on the instance; changing it creates another workspace. If the name exists, `adopt` decides
    whether the resource takes that workspace over or fails. Wallaroo cannot delete workspaces: deleting removes the
    resource from the state and leaves the workspace, which `force_destroy` empties first.
    """

    _kind = "Workspace"
    _wire_names = {
        "name": "name",
        "adopt": "adopt",
        "force_destroy": "forceDestroy",
        "adopted": "adopted",
        "workspace_id": "workspaceId",
        "created_at": "createdAt",
    }
    _shapes = {}
    _secrets = ()
    _from_id = {"workspaceId": int}
    _autonamed = "name"

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str] | None = None,
        adopt: pulumi.Input[Literal["never", "if_empty", "always"]] = "if_empty",
        force_destroy: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a Workspace.

        :param name: The workspace's name, a DNS label, unique on the instance (changing it replaces the
            object; resource name and 7 hex characters if not set).
        :param adopt: What to do if a workspace of this name exists and the caller is one of its owners:
            adopt it only if it contains no models and pipelines (`if_empty`), adopt it with its contents
            (`always`), or fail (`never`) (one of `never`, `if_empty`, `always`; stored in the state
            only, not on the instance).
        :param force_destroy: Whether deleting first undeploys and deletes the workspace's pipelines and
            deletes its models. The empty workspace itself stays on the instance either way (stored in
            the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "name": name,
                "adopt": adopt,
                "force_destroy": force_destroy,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a Workspace by its id: the workspace's id, such as `12`."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str]:
        """The workspace's name."""
        return self._output("name")

    @property
    @pulumi.getter(name="adopt")
    def adopt(self) -> pulumi.Output[Literal["never", "if_empty", "always"]]:
        """What to do if a workspace of this name exists and the caller is one of its owners: adopt it
        only if it contains no models and pipelines (`if_empty`), adopt it with its contents (`always`),
        or fail (`never`)."""
        return self._output("adopt")

    @property
    @pulumi.getter(name="forceDestroy")
    def force_destroy(self) -> pulumi.Output[bool]:
        """Whether deleting first undeploys and deletes the workspace's pipelines and deletes its models.
        The empty workspace itself stays on the instance either way."""
        return self._output("forceDestroy")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The id that members, models and pipelines refer to."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="createdAt")
    def created_at(self) -> pulumi.Output[str | None]:
        """The creation time, as reported by the instance (ISO 8601)."""
        return self._output("createdAt")


class WorkspaceMember(WallarooResource):
    """The role of a user in a workspace: OWNER or COLLABORATOR.

    Identified by workspace and user; changing either replaces the resource, and changing the role updates it in
    place. The user who creates a workspace is its OWNER, so declaring that user adopts the membership. Deleting
    removes the user from the workspace, except the last OWNER and the user who runs Pulumi.
    """

    _kind = "WorkspaceMember"
    _wire_names = {
        "workspace_id": "workspaceId",
        "email": "email",
        "user_id": "userId",
        "role": "role",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
    }
    _shapes = {}
    _secrets = ()
    _from_id = {}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        email: pulumi.Input[str] | None = None,
        user_id: pulumi.Input[str] | None = None,
        role: pulumi.Input[Literal["OWNER", "COLLABORATOR"]] = "COLLABORATOR",
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a WorkspaceMember.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param email: The user's e-mail address. Set this or `user_id` (changing it replaces the object;
            server default if not set).
        :param user_id: The user's id in Keycloak. Set this or `email` (changing it replaces the object;
            server default if not set).
        :param role: `OWNER` or `COLLABORATOR` (one of `OWNER`, `COLLABORATOR`).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "email": email,
                "user_id": user_id,
                "role": role,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a WorkspaceMember by its id: `<workspace id>/<user id>`."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="email")
    def email(self) -> pulumi.Output[str | None]:
        """The user's e-mail address. The built-in administrator has none."""
        return self._output("email")

    @property
    @pulumi.getter(name="userId")
    def user_id(self) -> pulumi.Output[str]:
        """The user's id."""
        return self._output("userId")

    @property
    @pulumi.getter(name="role")
    def role(self) -> pulumi.Output[Literal["OWNER", "COLLABORATOR"]]:
        """`OWNER` or `COLLABORATOR`."""
        return self._output("role")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")


class User(WallarooResource):
    """The account of a user on the instance.

    Identified by the e-mail address; changing it replaces the resource. If an account with this address exists, the
    resource adopts it and sets the declared values. Wallaroo cannot delete accounts, so deleting deactivates the
    account. Deleting an adopted account leaves it as it was found.
    """

    _kind = "User"
    _wire_names = {
        "email": "email",
        "first_name": "firstName",
        "last_name": "lastName",
        "is_admin": "isAdmin",
        "enabled": "enabled",
        "initial_password": "initialPassword",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "user_id": "userId",
    }
    _shapes = {}
    _secrets = ("initialPassword",)
    _from_id = {"userId": str}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        email: pulumi.Input[str],
        first_name: pulumi.Input[str] | None = None,
        last_name: pulumi.Input[str] | None = None,
        is_admin: pulumi.Input[bool] = False,
        enabled: pulumi.Input[bool] = True,
        initial_password: pulumi.Input[str] | None = None,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a User.

        :param email: The e-mail address, also the login name (changing it replaces the object).
        :param first_name: The first name (server default if not set).
        :param last_name: The last name (server default if not set).
        :param is_admin: Whether the user administers the instance.
        :param enabled: Whether the user may log in.
        :param initial_password: The first password. If not set, the instance generates one, which the
            output of this name contains. An adopted account keeps its password (secret; stored in the
            state only, not on the instance; used at creation only; a later change has no effect; server
            default if not set).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "email": email,
                "first_name": first_name,
                "last_name": last_name,
                "is_admin": is_admin,
                "enabled": enabled,
                "initial_password": initial_password,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a User by its id: the user's id, a UUID."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="email")
    def email(self) -> pulumi.Output[str]:
        """The e-mail address."""
        return self._output("email")

    @property
    @pulumi.getter(name="firstName")
    def first_name(self) -> pulumi.Output[str | None]:
        """The first name."""
        return self._output("firstName")

    @property
    @pulumi.getter(name="lastName")
    def last_name(self) -> pulumi.Output[str | None]:
        """The last name."""
        return self._output("lastName")

    @property
    @pulumi.getter(name="isAdmin")
    def is_admin(self) -> pulumi.Output[bool]:
        """Whether the user administers the instance."""
        return self._output("isAdmin")

    @property
    @pulumi.getter(name="enabled")
    def enabled(self) -> pulumi.Output[bool]:
        """Whether the user may log in."""
        return self._output("enabled")

    @property
    @pulumi.getter(name="initialPassword")
    def initial_password(self) -> pulumi.Output[str | None]:
        """The first password. If not set, the instance generates one, which the output of this name
        contains. An adopted account keeps its password."""
        return self._output("initialPassword")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="userId")
    def user_id(self) -> pulumi.Output[str]:
        """The id that WorkspaceMember refers to."""
        return self._output("userId")


class ModelVersion(WallarooResource):
    """A version of a model: an uploaded file that the instance converts for serving.

    Instead of a file, it can be a container image of an MLflow model (`image_path`), or a file in a ModelRegistry
    (`registry_id` and `registry_path`).

    Identified by workspace, name, file content (or image) and conversion settings; an existing version that matches
    all of them, and has the declared visibility, is adopted instead of uploaded again. A version from a registry is
    never adopted; import one without `registry_id` and `registry_path`. Changing what identifies the version makes a
    new one, and deletes the old one after everything that uses it has changed. Batching and the other engine settings
    change in place, and apply from the next deployment on; visibility and tags change in place too.
    Deleting removes the version and its file, and the model with its last version; it fails while a pipeline uses the
    version, unless `force_destroy` is set.
    """

    _kind = "ModelVersion"
    _wire_names = {
        "workspace_id": "workspaceId",
        "name": "name",
        "path": "path",
        "image_path": "imagePath",
        "registry_id": "registryId",
        "registry_path": "registryPath",
        "framework": "framework",
        "arch": "arch",
        "accel": "accel",
        "python_version": "pythonVersion",
        "requirements": "requirements",
        "framework_config": "frameworkConfig",
        "input_schema": "inputSchema",
        "output_schema": "outputSchema",
        "visibility": "visibility",
        "tensor_fields": "tensorFields",
        "batch_config": "batchConfig",
        "filter_threshold": "filterThreshold",
        "dynamic_batching": "dynamicBatching",
        "continuous_batching": "continuousBatching",
        "openai": "openai",
        "tags": "tags",
        "force_destroy": "forceDestroy",
        "timeout": "timeout",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "sha256": "sha256",
        "size": "size",
        "archive_digest": "archiveDigest",
        "model_id": "modelId",
        "model_version_id": "modelVersionId",
        "version": "version",
        "status": "status",
    }
    _shapes = {
        "accel": shapes.QAIC,
        "dynamicBatching": shapes.DYNAMIC_BATCHING,
        "continuousBatching": shapes.CONTINUOUS_BATCHING,
        "openai": shapes.OPEN_AI,
    }
    _secrets = ()
    _from_id = {"modelVersionId": int}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        name: pulumi.Input[str],
        framework: pulumi.Input[
            Literal[
                "custom",
                "hugging-face-automatic-speech-recognition",
                "hugging-face-feature-extraction",
                "hugging-face-image-classification",
                "hugging-face-image-segmentation",
                "hugging-face-image-to-text",
                "hugging-face-object-detection",
                "hugging-face-question-answering",
                "hugging-face-sentiment-analysis",
                "hugging-face-stable-diffusion-text-2-img",
                "hugging-face-summarization",
                "hugging-face-text-classification",
                "hugging-face-text-generation",
                "hugging-face-translation",
                "hugging-face-zero-shot-classification",
                "hugging-face-zero-shot-image-classification",
                "hugging-face-zero-shot-object-detection",
                "keras",
                "mlflow",
                "onnx",
                "python",
                "pytorch",
                "sglang",
                "sklearn",
                "tensorflow",
                "vllm",
                "xgboost",
            ]
        ],
        path: pulumi.Input[str | PathLike[str]] | None = None,
        image_path: pulumi.Input[str] | None = None,
        registry_id: pulumi.Input[str] | None = None,
        registry_path: pulumi.Input[str] | None = None,
        arch: pulumi.Input[Literal["x86", "arm", "power10"]] | None = None,
        accel: pulumi.Input[Literal["none", "cuda", "jetson", "openvino", "rocm"] | QaicArgs] | None = None,
        python_version: pulumi.Input[str] | None = None,
        requirements: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        framework_config: pulumi.Input[Mapping[str, Any]] | None = None,
        input_schema: Any | None = None,
        output_schema: Any | None = None,
        visibility: pulumi.Input[Literal["private", "public"]] = "private",
        tensor_fields: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        batch_config: pulumi.Input[Literal["single"]] | None = None,
        filter_threshold: pulumi.Input[float] | None = None,
        dynamic_batching: pulumi.Input[DynamicBatchingArgs] | None = None,
        continuous_batching: pulumi.Input[ContinuousBatchingArgs] | None = None,
        openai: pulumi.Input[OpenAiArgs] | None = None,
        tags: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        force_destroy: pulumi.Input[bool] = False,
        timeout: pulumi.Input[float] | None = None,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a ModelVersion.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param name: The model's name, a DNS label. An upload with an existing name adds a version to the
            model (changing it replaces the object).
        :param path: The model's file on the machine where Pulumi runs (.zip, .pt, .onnx, .h5 or .pkl),
            relative to the program's folder (the `main` of `Pulumi.yaml`). Changes are detected by
            content, not by path. Required without `image_path` and `registry_id`, except for an imported
            object until it is replaced (stored in the state only, not on the instance; used at creation
            only; a later change has no effect).
        :param image_path: Instead of a file, the name of a container image of an MLflow model, such as
            `registry.example.com/models/fraud:1.2` (changing it replaces the object).
        :param registry_id: Instead of a file, with `registry_path`: the `registry_id` of a ModelRegistry
            that the workspace uses (changing it replaces the object).
        :param registry_path: The path of the model's file in the registry, such as
            `dbfs:/databricks/mlflow/1/model.onnx` (changing it replaces the object).
        :param framework: The framework of the model, such as `onnx` (one of `custom`,
            `hugging-face-automatic-speech-recognition`, `hugging-face-feature-extraction`,
            `hugging-face-image-classification`, `hugging-face-image-segmentation`,
            `hugging-face-image-to-text`, `hugging-face-object-detection`,
            `hugging-face-question-answering`, `hugging-face-sentiment-analysis`,
            `hugging-face-stable-diffusion-text-2-img`, `hugging-face-summarization`,
            `hugging-face-text-classification`, `hugging-face-text-generation`,
            `hugging-face-translation`, `hugging-face-zero-shot-classification`,
            `hugging-face-zero-shot-image-classification`, `hugging-face-zero-shot-object-detection`,
            `keras`, `mlflow`, `onnx`, `python`, `pytorch`, `sglang`, `sklearn`, `tensorflow`, `vllm`,
            `xgboost`; changing it replaces the object).
        :param arch: The processor architecture. The instance's default is x86 (one of `x86`, `arm`,
            `power10`; changing it replaces the object; server default if not set).
        :param accel: The accelerator; `{'qaic': {...}}` for Qualcomm's with its options (one of `none`,
            `cuda`, `jetson`, `openvino`, `rocm`; changing it replaces the object; server default if not
            set).
        :param python_version: The Python version of the model's code, such as `3.8` (changing it
            replaces the object; server default if not set).
        :param requirements: Python packages of the model's code (changing it replaces the object).
        :param framework_config: Options of the frameworks custom, sglang and vllm, with the API's names
            (changing it replaces the object).
        :param input_schema: The inputs' fields. Required except for onnx, tensorflow and python
            (changing it replaces the object; an Arrow schema: a `pyarrow.Schema`, or base64 of its
            serialised form).
        :param output_schema: The outputs' fields. Required except for onnx, tensorflow and python
            (changing it replaces the object; an Arrow schema: a `pyarrow.Schema`, or base64 of its
            serialised form).
        :param visibility: Whether other workspaces may use the version. Changing it requires GraphQL
            (one of `private`, `public`).
        :param tensor_fields: Names for the fields of an ONNX model's inputs.
        :param batch_config: `single` for a model that takes one record at a time (one of `single`).
        :param filter_threshold: The engine's threshold to filter outputs.
        :param dynamic_batching: `max_batch_delay_ms`, `batch_size_target` and `batch_size_limit`.
        :param continuous_batching: `max_concurrent_batch_size`.
        :param openai: `enabled`, `completion_config` and `chat_completion_config`: OpenAI-compatible
            endpoints.
        :param tags: All tags of the object: missing ones are attached, and all others detached. A tag
            itself is never deleted. Requires GraphQL (the order does not matter; neither read nor
            changed if not set).
        :param force_destroy: Whether deleting first undeploys and deletes the workspace's pipelines that
            use the version (stored in the state only, not on the instance).
        :param timeout: Seconds for the upload, and separately for the conversion. Default: 1800 (stored
            in the state only, not on the instance).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "name": name,
                "path": path,
                "image_path": image_path,
                "registry_id": registry_id,
                "registry_path": registry_path,
                "framework": framework,
                "arch": arch,
                "accel": accel,
                "python_version": python_version,
                "requirements": requirements,
                "framework_config": framework_config,
                "input_schema": input_schema,
                "output_schema": output_schema,
                "visibility": visibility,
                "tensor_fields": tensor_fields,
                "batch_config": batch_config,
                "filter_threshold": filter_threshold,
                "dynamic_batching": dynamic_batching,
                "continuous_batching": continuous_batching,
                "openai": openai,
                "tags": tags,
                "force_destroy": force_destroy,
                "timeout": timeout,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a ModelVersion by its id: the version's id, such as `15`."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str]:
        """The model's name."""
        return self._output("name")

    @property
    @pulumi.getter(name="path")
    def path(self) -> pulumi.Output[str | None]:
        """The path of the model's file, as set."""
        return self._output("path")

    @property
    @pulumi.getter(name="imagePath")
    def image_path(self) -> pulumi.Output[str | None]:
        """Instead of a file, the name of a container image of an MLflow model, such as
        `registry.example.com/models/fraud:1.2`"""
        return self._output("imagePath")

    @property
    @pulumi.getter(name="registryId")
    def registry_id(self) -> pulumi.Output[str | None]:
        """Instead of a file, with `registry_path`: the `registry_id` of a ModelRegistry that the
        workspace uses"""
        return self._output("registryId")

    @property
    @pulumi.getter(name="registryPath")
    def registry_path(self) -> pulumi.Output[str | None]:
        """The path of the model's file in the registry, such as
        `dbfs:/databricks/mlflow/1/model.onnx`"""
        return self._output("registryPath")

    @property
    @pulumi.getter(name="framework")
    def framework(self) -> pulumi.Output[str | None]:
        """The framework of the model."""
        return self._output("framework")

    @property
    @pulumi.getter(name="arch")
    def arch(self) -> pulumi.Output[str | None]:
        """The processor architecture."""
        return self._output("arch")

    @property
    def accel(
        self,
    ) -> pulumi.Output[Literal["none", "cuda", "jetson", "openvino", "rocm"] | QaicOutput | None]:
        """The accelerator."""
        return self._python_output("accel")

    @property
    @pulumi.getter(name="pythonVersion")
    def python_version(self) -> pulumi.Output[str | None]:
        """The Python version of the model's code, such as `3.8`."""
        return self._output("pythonVersion")

    @property
    @pulumi.getter(name="requirements")
    def requirements(self) -> pulumi.Output[Sequence[str] | None]:
        """Python packages of the model's code."""
        return self._output("requirements")

    @property
    def framework_config(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Options of the frameworks custom, sglang and vllm, with the API's names."""
        return self._python_output("frameworkConfig")

    @property
    @pulumi.getter(name="inputSchema")
    def input_schema(self) -> pulumi.Output[str | None]:
        """The inputs' fields. Required except for onnx, tensorflow and python."""
        return self._output("inputSchema")

    @property
    @pulumi.getter(name="outputSchema")
    def output_schema(self) -> pulumi.Output[str | None]:
        """The outputs' fields. Required except for onnx, tensorflow and python."""
        return self._output("outputSchema")

    @property
    @pulumi.getter(name="visibility")
    def visibility(self) -> pulumi.Output[str]:
        """Whether other workspaces may use the version."""
        return self._output("visibility")

    @property
    @pulumi.getter(name="tensorFields")
    def tensor_fields(self) -> pulumi.Output[Sequence[str] | None]:
        """Names for the fields of an ONNX model's inputs."""
        return self._output("tensorFields")

    @property
    @pulumi.getter(name="batchConfig")
    def batch_config(self) -> pulumi.Output[str | None]:
        """`single` for a model that takes one record at a time."""
        return self._output("batchConfig")

    @property
    @pulumi.getter(name="filterThreshold")
    def filter_threshold(self) -> pulumi.Output[float | None]:
        """The engine's threshold to filter outputs."""
        return self._output("filterThreshold")

    @property
    def dynamic_batching(self) -> pulumi.Output[DynamicBatchingOutput | None]:
        """`max_batch_delay_ms`, `batch_size_target` and `batch_size_limit`."""
        return self._python_output("dynamicBatching")

    @property
    def continuous_batching(self) -> pulumi.Output[ContinuousBatchingOutput | None]:
        """`max_concurrent_batch_size`."""
        return self._python_output("continuousBatching")

    @property
    def openai(self) -> pulumi.Output[OpenAiOutput | None]:
        """`enabled`, `completion_config` and `chat_completion_config`: OpenAI-compatible endpoints."""
        return self._python_output("openai")

    @property
    @pulumi.getter(name="tags")
    def tags(self) -> pulumi.Output[Sequence[str] | None]:
        """All tags of the object: missing ones are attached, and all others detached. A tag itself is
        never deleted. Requires GraphQL"""
        return self._output("tags")

    @property
    @pulumi.getter(name="forceDestroy")
    def force_destroy(self) -> pulumi.Output[bool]:
        """Whether deleting first undeploys and deletes the workspace's pipelines that use the
        version."""
        return self._output("forceDestroy")

    @property
    @pulumi.getter(name="timeout")
    def timeout(self) -> pulumi.Output[float | None]:
        """Seconds for the upload, and separately for the conversion. Default: 1800."""
        return self._output("timeout")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="sha256")
    def sha256(self) -> pulumi.Output[str]:
        """The SHA-256 of the file's content, 64 hex digits."""
        return self._output("sha256")

    @property
    @pulumi.getter(name="size")
    def size(self) -> pulumi.Output[int | None]:
        """The file's size in bytes."""
        return self._output("size")

    @property
    @pulumi.getter(name="archiveDigest")
    def archive_digest(self) -> pulumi.Output[str | None]:
        """A digest of a zip file's entries (names, modes and contents), 64 hex digits. Other files have
        none. Repacking a file from unchanged sources causes no change."""
        return self._output("archiveDigest")

    @property
    @pulumi.getter(name="modelId")
    def model_id(self) -> pulumi.Output[int | None]:
        """The id of the model, the parent of all versions of this name."""
        return self._output("modelId")

    @property
    @pulumi.getter(name="modelVersionId")
    def model_version_id(self) -> pulumi.Output[int]:
        """The version's id."""
        return self._output("modelVersionId")

    @property
    @pulumi.getter(name="version")
    def version(self) -> pulumi.Output[str]:
        """The version's UUID, which pipeline steps contain."""
        return self._output("version")

    @property
    @pulumi.getter(name="status")
    def status(self) -> pulumi.Output[str]:
        """`ready` once it can be deployed."""
        return self._output("status")


class Pipeline(WallarooResource):
    """A pipeline: the steps that an inference request passes through.

    Identified by workspace and name; changing either replaces the pipeline, and changing the steps adds a version
    to it. An existing pipeline is adopted if it has the same steps or no version; with other steps it is an error.
    Deleting removes the pipeline and all its versions; it fails while the pipeline is deployed, unless
    `force_destroy` is set.
    """

    _kind = "Pipeline"
    _wire_names = {
        "workspace_id": "workspaceId",
        "name": "name",
        "tags": "tags",
        "force_destroy": "forceDestroy",
        "steps": "steps",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "pipeline_id": "pipelineId",
        "version_id": "versionId",
        "version": "version",
    }
    _shapes = {"steps": shapes.STEP}
    _secrets = ()
    _from_id = {}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        name: pulumi.Input[str],
        steps: pulumi.Input[Sequence[pulumi.Input[StepArgs | Model]]],
        tags: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        force_destroy: pulumi.Input[bool] = False,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a Pipeline.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param name: The pipeline's name, a DNS label, unique in its workspace (changing it replaces the
            object).
        :param tags: All tags of the object: missing ones are attached, and all others detached. A tag
            itself is never deleted. Requires GraphQL (the order does not matter; neither read nor
            changed if not set).
        :param force_destroy: Whether deleting undeploys the pipeline first, if it is deployed (stored in
            the state only, not on the instance).
        :param steps: The steps: models, or what `model_step`, `shadow_step`, `random_split_step` and
            `meta_split_step` return. An empty list creates a pipeline without steps.
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "name": name,
                "tags": tags,
                "force_destroy": force_destroy,
                "steps": steps,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a Pipeline by its id: `<workspace id>/<name>`."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str]:
        """The pipeline's name."""
        return self._output("name")

    @property
    @pulumi.getter(name="tags")
    def tags(self) -> pulumi.Output[Sequence[str] | None]:
        """All tags of the object: missing ones are attached, and all others detached. A tag itself is
        never deleted. Requires GraphQL"""
        return self._output("tags")

    @property
    @pulumi.getter(name="forceDestroy")
    def force_destroy(self) -> pulumi.Output[bool]:
        """Whether deleting undeploys the pipeline first, if it is deployed."""
        return self._output("forceDestroy")

    @property
    def steps(self) -> pulumi.Output[Sequence[StepOutput]]:
        """The steps."""
        return self._python_output("steps")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="pipelineId")
    def pipeline_id(self) -> pulumi.Output[int]:
        """The pipeline's id."""
        return self._output("pipelineId")

    @property
    def version_id(self) -> pulumi.Output[int | str]:
        """The latest version: its id, or its UUID if the id is unknown."""
        return self._python_output("versionId")

    @property
    @pulumi.getter(name="version")
    def version(self) -> pulumi.Output[str]:
        """The UUID of the latest version."""
        return self._output("version")


class Deployment(WallarooResource):
    """A deployed pipeline version, with an inference URL.

    A pipeline has one deployment. Another version, other models or another engine configuration are deployed in
    place; changing the pipeline or the workspace replaces the resource. Creating and updating wait until every
    engine serves the declared models, and a first deployment that fails is undeployed again. Deleting undeploys the
    pipeline and waits until its engines have ended.
    """

    _kind = "Deployment"
    _wire_names = {
        "workspace_id": "workspaceId",
        "pipeline_name": "pipelineName",
        "pipeline_version_id": "pipelineVersionId",
        "models": "models",
        "engine_config": "engineConfig",
        "timeout": "timeout",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "deployment_id": "deploymentId",
        "status": "status",
        "inference_url": "inferenceUrl",
    }
    _shapes = {"models": shapes.MODEL_REF, "engineConfig": shapes.ENGINE_CONFIG}
    _secrets = ()
    _from_id = {}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        pipeline_name: pulumi.Input[str],
        pipeline_version_id: pulumi.Input[int | str],
        models: pulumi.Input[Sequence[pulumi.Input[int | str | Model | ModelRefArgs]]] | None = None,
        engine_config: pulumi.Input[EngineConfigArgs] | None = None,
        timeout: pulumi.Input[float] | None = None,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a Deployment.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param pipeline_name: The pipeline: the `name` of a Pipeline (changing it replaces the object).
        :param pipeline_version_id: The version to deploy: the `version_id` of a Pipeline, or a version's
            UUID.
        :param models: All model versions that the pipeline version uses: ModelVersion objects, or their
            `model_version_id`. Default: those of its steps. Set them if you pass the integer id of a
            version that is not the latest (the order does not matter).
        :param engine_config: The configuration of the engines, built with `engine_config(...)`. Default:
            the instance's.
        :param timeout: Seconds to wait for the engines to run or to end. Default: 600 (stored in the
            state only, not on the instance).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "pipeline_name": pipeline_name,
                "pipeline_version_id": pipeline_version_id,
                "models": models,
                "engine_config": engine_config,
                "timeout": timeout,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a Deployment by its id: `<workspace id>/<pipeline name>/<deployment id>`."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="pipelineName")
    def pipeline_name(self) -> pulumi.Output[str]:
        """The pipeline: the `name` of a Pipeline."""
        return self._output("pipelineName")

    @property
    def pipeline_version_id(self) -> pulumi.Output[int | str | None]:
        """The version that is deployed."""
        return self._python_output("pipelineVersionId")

    @property
    def models(self) -> pulumi.Output[Sequence[int | ModelRefOutput] | None]:
        """All model versions that the pipeline version uses: ModelVersion objects, or their
        `model_version_id`. Default: those of its steps. Set them if you pass the integer id of a version
        that is not the latest"""
        return self._python_output("models")

    @property
    def engine_config(self) -> pulumi.Output[EngineConfigOutput | None]:
        """The configuration of the engines, built with `engine_config(...)`. Default: the instance's."""
        return self._python_output("engineConfig")

    @property
    @pulumi.getter(name="timeout")
    def timeout(self) -> pulumi.Output[float | None]:
        """Seconds to wait for the engines to run or to end. Default: 600."""
        return self._output("timeout")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="deploymentId")
    def deployment_id(self) -> pulumi.Output[int]:
        """The deployment's id."""
        return self._output("deploymentId")

    @property
    @pulumi.getter(name="status")
    def status(self) -> pulumi.Output[str]:
        """`Running`, `Starting` or `Error`."""
        return self._output("status")

    @property
    @pulumi.getter(name="inferenceUrl")
    def inference_url(self) -> pulumi.Output[str]:
        """The URL for inference requests with a bearer token."""
        return self._output("inferenceUrl")


class PipelinePublish(WallarooResource):
    """A pipeline version, published to the instance's OCI registry for edges to run.

    An existing publish of the same version with the same engine configuration is adopted. Wallaroo can neither
    change nor delete a publish: every change publishes again, and deleting removes the resource from the state
    only. `replaces` moves the edges of earlier publishes to this one, and they keep their join tokens.
    """

    _kind = "PipelinePublish"
    _wire_names = {
        "pipeline_version_id": "pipelineVersionId",
        "models": "models",
        "engine_config": "engineConfig",
        "replaces": "replaces",
        "timeout": "timeout",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "publish_id": "publishId",
        "status": "status",
        "pipeline_name": "pipelineName",
        "pipeline_version": "pipelineVersion",
        "pipeline_url": "pipelineUrl",
        "engine_url": "engineUrl",
        "chart": "chart",
        "chart_version": "chartVersion",
        "chart_reference": "chartReference",
    }
    _shapes = {"models": shapes.MODEL_ID, "engineConfig": shapes.ENGINE_CONFIG}
    _secrets = ()
    _from_id = {"publishId": int}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        pipeline_version_id: pulumi.Input[int | str],
        models: pulumi.Input[Sequence[pulumi.Input[int | str | Model]]],
        engine_config: pulumi.Input[EngineConfigArgs] | None = None,
        replaces: pulumi.Input[Sequence[pulumi.Input[int]]] | None = None,
        timeout: pulumi.Input[float] | None = None,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a PipelinePublish.

        :param pipeline_version_id: The version to publish: the `version_id` of a Pipeline (changing it
            replaces the object).
        :param models: The model versions that the pipeline uses: their `model_version_id` (the order
            does not matter; stored in the state only, not on the instance; changing it replaces the
            object).
        :param engine_config: The configuration of the engine on an edge, built with `engine_config(...)`
            (changing it replaces the object; server default if not set).
        :param replaces: Ids of earlier publishes. Their edges move to this one (the order does not
            matter; stored in the state only, not on the instance; changing it replaces the object).
        :param timeout: Seconds to wait for the publishing. Default: 600 (stored in the state only, not
            on the instance).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "pipeline_version_id": pipeline_version_id,
                "models": models,
                "engine_config": engine_config,
                "replaces": replaces,
                "timeout": timeout,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a PipelinePublish by its id: the publish's id, such as `11`."""
        return cls._read(resource_name, id, opts)

    @property
    def pipeline_version_id(self) -> pulumi.Output[int | str]:
        """The version to publish: the `version_id` of a Pipeline."""
        return self._python_output("pipelineVersionId")

    @property
    @pulumi.getter(name="models")
    def models(self) -> pulumi.Output[Sequence[int]]:
        """The model versions, as set."""
        return self._output("models")

    @property
    def engine_config(self) -> pulumi.Output[EngineConfigOutput | None]:
        """The configuration of the engine on an edge, built with `engine_config(...)`."""
        return self._python_output("engineConfig")

    @property
    @pulumi.getter(name="replaces")
    def replaces(self) -> pulumi.Output[Sequence[int]]:
        """Ids of earlier publishes. Their edges move to this one."""
        return self._output("replaces")

    @property
    @pulumi.getter(name="timeout")
    def timeout(self) -> pulumi.Output[float | None]:
        """Seconds to wait for the publishing. Default: 600."""
        return self._output("timeout")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="publishId")
    def publish_id(self) -> pulumi.Output[int]:
        """The id that Edge refers to."""
        return self._output("publishId")

    @property
    @pulumi.getter(name="status")
    def status(self) -> pulumi.Output[str]:
        """`Published` once edges can run it."""
        return self._output("status")

    @property
    @pulumi.getter(name="pipelineName")
    def pipeline_name(self) -> pulumi.Output[str | None]:
        """The pipeline's name."""
        return self._output("pipelineName")

    @property
    @pulumi.getter(name="pipelineVersion")
    def pipeline_version(self) -> pulumi.Output[str | None]:
        """The UUID of the pipeline's version."""
        return self._output("pipelineVersion")

    @property
    @pulumi.getter(name="pipelineUrl")
    def pipeline_url(self) -> pulumi.Output[str | None]:
        """The package in the OCI registry."""
        return self._output("pipelineUrl")

    @property
    @pulumi.getter(name="engineUrl")
    def engine_url(self) -> pulumi.Output[str | None]:
        """The engine's image in the OCI registry."""
        return self._output("engineUrl")

    @property
    @pulumi.getter(name="chart")
    def chart(self) -> pulumi.Output[str | None]:
        """The Helm chart in the OCI registry."""
        return self._output("chart")

    @property
    @pulumi.getter(name="chartVersion")
    def chart_version(self) -> pulumi.Output[str | None]:
        """The version of the Helm chart."""
        return self._output("chartVersion")

    @property
    @pulumi.getter(name="chartReference")
    def chart_reference(self) -> pulumi.Output[str | None]:
        """The Helm chart by its digest."""
        return self._output("chartReference")


class Edge(WallarooResource):
    """An edge: a location outside the instance that runs a publish.

    The name is unique on the instance; changing it or the tags replaces the edge. The join token is issued once, in
    the secret output `edge_bundle`. Another publish keeps the token if its `replaces` names the old one; otherwise
    the edge gets a new bundle. Deleting removes the edge and invalidates its token, but does not stop what runs
    there.
    """

    _kind = "Edge"
    _wire_names = {
        "name": "name",
        "publish_id": "publishId",
        "tags": "tags",
        "adopt": "adopt",
        "edge_id": "edgeId",
        "edge_bundle": "edgeBundle",
    }
    _shapes = {}
    _secrets = ("edgeBundle",)
    _from_id = {}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        publish_id: pulumi.Input[int],
        tags: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        adopt: pulumi.Input[Literal["never", "renew"]] = "never",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an Edge.

        :param name: The edge's name, unique on the instance (changing it replaces the object).
        :param publish_id: The publish that it runs: the `publish_id` of a PipelinePublish.
        :param tags: Tags to find it by (the order does not matter; changing it replaces the object).
        :param adopt: What to do if an edge of this name exists: fail (`never`), or remove it and add it
            again (`renew`), because its join token cannot be read. Then deploy the new bundle at the
            edge (one of `never`, `renew`; stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "name": name,
                "publish_id": publish_id,
                "tags": tags,
                "adopt": adopt,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read an Edge by its id: the edge's name."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str]:
        """The edge's name, unique on the instance."""
        return self._output("name")

    @property
    @pulumi.getter(name="publishId")
    def publish_id(self) -> pulumi.Output[int | None]:
        """The publish that it runs."""
        return self._output("publishId")

    @property
    @pulumi.getter(name="tags")
    def tags(self) -> pulumi.Output[Sequence[str]]:
        """Tags to find it by."""
        return self._output("tags")

    @property
    @pulumi.getter(name="adopt")
    def adopt(self) -> pulumi.Output[Literal["never", "renew"]]:
        """What to do if an edge of this name exists: fail (`never`), or remove it and add it again
        (`renew`), because its join token cannot be read. Then deploy the new bundle at the edge."""
        return self._output("adopt")

    @property
    @pulumi.getter(name="edgeId")
    def edge_id(self) -> pulumi.Output[str | None]:
        """The edge's id, a UUID."""
        return self._output("edgeId")

    @property
    @pulumi.getter(name="edgeBundle")
    def edge_bundle(self) -> pulumi.Output[str | None]:
        """The value for `EDGE_BUNDLE`, with the join token. Unknown for an edge read by its name."""
        return self._output("edgeBundle")


class Assay(WallarooResource):
    """An assay, which compares a pipeline's inputs or outputs with a baseline on a schedule.

    The name is unique on the instance. Only `active` changes in place; every other change creates a new assay and
    needs a new name. An existing assay with the same name and definition is adopted. Wallaroo cannot delete assays,
    so deleting deactivates the assay, which keeps its name and results.
    """

    _kind = "Assay"
    _wire_names = {
        "name": "name",
        "workspace_id": "workspaceId",
        "pipeline_name": "pipelineName",
        "model_name": "modelName",
        "fields": "fields",
        "baseline": "baseline",
        "window_seconds": "windowSeconds",
        "first_run": "firstRun",
        "run_until": "runUntil",
        "every": "every",
        "cron": "cron",
        "summarizer": "summarizer",
        "active": "active",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "assay_id": "assayId",
    }
    _shapes = {"summarizer": shapes.SUMMARIZER}
    _secrets = ()
    _from_id = {"assayId": str}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        workspace_id: pulumi.Input[int],
        pipeline_name: pulumi.Input[str],
        fields: pulumi.Input[Sequence[pulumi.Input[WatchedArgs]]],
        baseline: pulumi.Input[BaselineArgs],
        window_seconds: pulumi.Input[int],
        first_run: pulumi.Input[str],
        model_name: pulumi.Input[str] | None = None,
        run_until: pulumi.Input[str] | None = None,
        every: pulumi.Input[IntervalArgs] | None = None,
        cron: pulumi.Input[str] | None = None,
        summarizer: pulumi.Input[SummarizerArgs] | None = None,
        active: pulumi.Input[bool] = True,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an Assay.

        :param name: The assay's name, unique on the instance (changing it replaces the object).
        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param pipeline_name: The pipeline to watch: the `name` of a Pipeline (changing it replaces the
            object).
        :param model_name: Watch only the inferences of this model of the pipeline (changing it replaces
            the object).
        :param fields: The fields to watch: `name` (such as `out.variable`), and optionally `indexes`
            into it and the scores `warning` and `alert` (changing it replaces the object).
        :param baseline: The baseline to compare with: `{'static': [start, end]}`, `{'rolling': {'start':
            …, 'width': {'seconds': …}}}`, `{'vector': [numbers]}`, or `{'summary': {…}}` in the API's
            own format (changing it replaces the object).
        :param window_seconds: The part of the inference log that each run analyses (changing it replaces
            the object).
        :param first_run: The first run: ISO 8601 with the time zone; stored in UTC (changing it replaces
            the object).
        :param run_until: The end of the runs, in the format of `first_run`. Default: no end (changing it
            replaces the object).
        :param every: The interval of the runs: `unit` (`Minute`, `Hour`, `Day` or `Week`) and
            `quantity`. Set this or `cron` (changing it replaces the object).
        :param cron: The schedule of the runs, as a cron expression. Set this or `every` (changing it
            replaces the object).
        :param summarizer: The method to bin values and to compute scores. Default: five quantiles, their
            densities, and the population stability index (changing it replaces the object).
        :param active: Whether the assay is active.
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "name": name,
                "workspace_id": workspace_id,
                "pipeline_name": pipeline_name,
                "model_name": model_name,
                "fields": fields,
                "baseline": baseline,
                "window_seconds": window_seconds,
                "first_run": first_run,
                "run_until": run_until,
                "every": every,
                "cron": cron,
                "summarizer": summarizer,
                "active": active,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read an Assay by its id: the assay's id, a UUID."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str]:
        """The assay's name, unique on the instance."""
        return self._output("name")

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="pipelineName")
    def pipeline_name(self) -> pulumi.Output[str]:
        """The pipeline to watch: the `name` of a Pipeline."""
        return self._output("pipelineName")

    @property
    @pulumi.getter(name="modelName")
    def model_name(self) -> pulumi.Output[str | None]:
        """Watch only the inferences of this model of the pipeline."""
        return self._output("modelName")

    @property
    def fields(self) -> pulumi.Output[Sequence[WatchedOutput]]:
        """The fields to watch: `name` (such as `out.variable`), and optionally `indexes` into it and the
        scores `warning` and `alert`."""
        return self._python_output("fields")

    @property
    def baseline(self) -> pulumi.Output[BaselineOutput]:
        """The baseline to compare with: `{'static': [start, end]}`, `{'rolling': {'start': …, 'width':
        {'seconds': …}}}`, `{'vector': [numbers]}`, or `{'summary': {…}}` in the API's own format."""
        return self._python_output("baseline")

    @property
    @pulumi.getter(name="windowSeconds")
    def window_seconds(self) -> pulumi.Output[int]:
        """The part of the inference log that each run analyses."""
        return self._output("windowSeconds")

    @property
    @pulumi.getter(name="firstRun")
    def first_run(self) -> pulumi.Output[str]:
        """The first run: ISO 8601 with the time zone; stored in UTC."""
        return self._output("firstRun")

    @property
    @pulumi.getter(name="runUntil")
    def run_until(self) -> pulumi.Output[str | None]:
        """The end of the runs, in the format of `first_run`. Default: no end."""
        return self._output("runUntil")

    @property
    def every(self) -> pulumi.Output[IntervalOutput | None]:
        """The interval of the runs: `unit` (`Minute`, `Hour`, `Day` or `Week`) and `quantity`. Set this
        or `cron`."""
        return self._python_output("every")

    @property
    @pulumi.getter(name="cron")
    def cron(self) -> pulumi.Output[str | None]:
        """The schedule of the runs, as a cron expression. Set this or `every`."""
        return self._output("cron")

    @property
    def summarizer(self) -> pulumi.Output[SummarizerOutput]:
        """The method to bin values and to compute scores. Default: five quantiles, their densities, and
        the population stability index."""
        return self._python_output("summarizer")

    @property
    @pulumi.getter(name="active")
    def active(self) -> pulumi.Output[bool]:
        """Whether the assay is active."""
        return self._output("active")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="assayId")
    def assay_id(self) -> pulumi.Output[str]:
        """The assay's id, a UUID."""
        return self._output("assayId")


class Connection(WallarooResource):
    """A connection to a data source, which orchestrations use.

    The name is unique on the instance. Wallaroo cannot change a connection, so every change deletes it and creates
    a new one. The details are secret in the state, but the instance shows them to every user who can list
    connections. Deleting removes the connection from all workspaces that use it.
    """

    _kind = "Connection"
    _wire_names = {
        "name": "name",
        "type": "type",
        "details": "details",
        "adopt": "adopt",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "connection_id": "connectionId",
    }
    _shapes = {}
    _secrets = ("details",)
    _from_id = {}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        type: pulumi.Input[str],
        details: pulumi.Input[Mapping[str, Any]],
        adopt: pulumi.Input[Literal["never", "if_same"]] = "if_same",
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a Connection.

        :param name: The connection's name, unique on the instance (changing it replaces the object).
        :param type: The type of data source, free text such as `BIGQUERY` or `s3` (changing it replaces
            the object).
        :param details: What orchestrations need to connect: any JSON object (secret; changing it
            replaces the object).
        :param adopt: What to do if a connection of this name exists: adopt it only if type and details
            are the declared ones (`if_same`), or fail (`never`) (one of `never`, `if_same`; stored in
            the state only, not on the instance).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "name": name,
                "type": type,
                "details": details,
                "adopt": adopt,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a Connection by its id: the connection's name."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str]:
        """The connection's name, unique on the instance."""
        return self._output("name")

    @property
    @pulumi.getter(name="type")
    def type(self) -> pulumi.Output[str]:
        """The type of data source, free text such as `BIGQUERY` or `s3`."""
        return self._output("type")

    @property
    def details(self) -> pulumi.Output[Mapping[str, Any]]:
        """What orchestrations need to connect: any JSON object."""
        return self._python_output("details")

    @property
    @pulumi.getter(name="adopt")
    def adopt(self) -> pulumi.Output[Literal["never", "if_same"]]:
        """What to do if a connection of this name exists: adopt it only if type and details are the
        declared ones (`if_same`), or fail (`never`)."""
        return self._output("adopt")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="connectionId")
    def connection_id(self) -> pulumi.Output[str]:
        """The connection's id, a UUID."""
        return self._output("connectionId")


class WorkspaceConnection(WallarooResource):
    """The attachment of a connection to a workspace.

    Identified by workspace and connection name; changing either replaces it. Pass the `name` output of the
    Connection: then replacing the connection also attaches the new one. Deleting detaches the connection and leaves
    the connection itself.
    """

    _kind = "WorkspaceConnection"
    _wire_names = {
        "workspace_id": "workspaceId",
        "connection_name": "connectionName",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
    }
    _shapes = {}
    _secrets = ()
    _from_id = {}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        connection_name: pulumi.Input[str],
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a WorkspaceConnection.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param connection_name: The connection: the `name` of a Connection (changing it replaces the
            object).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "connection_name": connection_name,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a WorkspaceConnection by its id: `<workspace id>/<connection name>`."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="connectionName")
    def connection_name(self) -> pulumi.Output[str]:
        """The connection: the `name` of a Connection."""
        return self._output("connectionName")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")


class ModelRegistry(WallarooResource):
    """An external model registry (MLflow, such as the one of Databricks) and its access token.

    Wallaroo can neither change nor delete a registry, so every change creates another one. A registry with the same
    name, URL and token is adopted, preferably an unused one. Deleting detaches the registry from all workspaces and
    leaves it on the instance with its token: revoke the token where it was issued.
    """

    _kind = "ModelRegistry"
    _wire_names = {
        "name": "name",
        "url": "url",
        "token": "token",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "registry_id": "registryId",
    }
    _shapes = {}
    _secrets = ("token",)
    _from_id = {"registryId": str}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        url: pulumi.Input[str],
        token: pulumi.Input[str],
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a ModelRegistry.

        :param name: The registry's name (changing it replaces the object).
        :param url: The registry's address: an HTTP or HTTPS URL (changing it replaces the object).
        :param token: The token for the instance's requests to the registry (secret; changing it replaces
            the object).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "name": name,
                "url": url,
                "token": token,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a ModelRegistry by its id: the registry's id, a UUID."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str]:
        """The registry's name."""
        return self._output("name")

    @property
    @pulumi.getter(name="url")
    def url(self) -> pulumi.Output[str]:
        """The registry's address: an HTTP or HTTPS URL."""
        return self._output("url")

    @property
    @pulumi.getter(name="token")
    def token(self) -> pulumi.Output[str]:
        """The token for the instance's requests to the registry."""
        return self._output("token")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="registryId")
    def registry_id(self) -> pulumi.Output[str]:
        """The id that ModelRegistryAttachment refers to, a UUID."""
        return self._output("registryId")


class ModelRegistryAttachment(WallarooResource):
    """The attachment of a model registry to a workspace.

    Identified by workspace and registry; changing either replaces it. Deleting detaches the registry and leaves the
    registry itself.
    """

    _kind = "ModelRegistryAttachment"
    _wire_names = {
        "workspace_id": "workspaceId",
        "registry_id": "registryId",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
    }
    _shapes = {}
    _secrets = ()
    _from_id = {}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        registry_id: pulumi.Input[str],
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a ModelRegistryAttachment.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param registry_id: The registry: the `registry_id` of a ModelRegistry (changing it replaces the
            object).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "registry_id": registry_id,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a ModelRegistryAttachment by its id: `<workspace id>/<registry id>`."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="registryId")
    def registry_id(self) -> pulumi.Output[str]:
        """The registry: the `registry_id` of a ModelRegistry."""
        return self._output("registryId")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")


class Orchestration(WallarooResource):
    """Python code in a zip file, which the instance packages to run as tasks.

    Identified by workspace, name and content; an existing orchestration that matches all three is adopted instead
    of uploaded again. Changing one of them uploads a new orchestration, and deletes the old one after its tasks
    have been replaced. Deleting removes the orchestration and its package; it fails while tasks run it.
    """

    _kind = "Orchestration"
    _wire_names = {
        "workspace_id": "workspaceId",
        "name": "name",
        "path": "path",
        "timeout": "timeout",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "sha256": "sha256",
        "size": "size",
        "archive_digest": "archiveDigest",
        "orchestration_id": "orchestrationId",
        "status": "status",
    }
    _shapes = {}
    _secrets = ()
    _from_id = {"orchestrationId": str}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        name: pulumi.Input[str],
        path: pulumi.Input[str | PathLike[str]] | None = None,
        timeout: pulumi.Input[float] | None = None,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an Orchestration.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param name: The orchestration's name. It need not be unique on the instance (changing it
            replaces the object).
        :param path: The zip file on the machine where Pulumi runs, relative to the program's folder.
            Changes are detected by content, not by path. Required, except for an imported object until
            it is replaced (stored in the state only, not on the instance; used at creation only; a later
            change has no effect).
        :param timeout: Seconds to wait for the packaging. Default: 900 (stored in the state only, not on
            the instance).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "name": name,
                "path": path,
                "timeout": timeout,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read an Orchestration by its id: the orchestration's id, a UUID."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str | None]:
        """The orchestration's name, if it has one."""
        return self._output("name")

    @property
    @pulumi.getter(name="path")
    def path(self) -> pulumi.Output[str | None]:
        """The path as set. Unknown if the object is read by its id."""
        return self._output("path")

    @property
    @pulumi.getter(name="timeout")
    def timeout(self) -> pulumi.Output[float | None]:
        """Seconds to wait for the packaging. Default: 900."""
        return self._output("timeout")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="sha256")
    def sha256(self) -> pulumi.Output[str | None]:
        """The SHA-256 of the file's content."""
        return self._output("sha256")

    @property
    @pulumi.getter(name="size")
    def size(self) -> pulumi.Output[int | None]:
        """The file's size in bytes."""
        return self._output("size")

    @property
    @pulumi.getter(name="archiveDigest")
    def archive_digest(self) -> pulumi.Output[str | None]:
        """A digest of a zip file's entries (names, modes and contents), 64 hex digits. Other files have
        none. Repacking a file from unchanged sources causes no change."""
        return self._output("archiveDigest")

    @property
    @pulumi.getter(name="orchestrationId")
    def orchestration_id(self) -> pulumi.Output[str]:
        """The id that Task refers to, a UUID."""
        return self._output("orchestrationId")

    @property
    @pulumi.getter(name="status")
    def status(self) -> pulumi.Output[str]:
        """Its status on the instance: `ready`."""
        return self._output("status")


class Task(WallarooResource):
    """A task, which runs an orchestration on a schedule or continuously.

    A live task with the same orchestration, name, schedule and arguments is adopted. Pausing and resuming happen in
    place; every other change kills the task before it starts a new one. Deleting kills the task and waits until it
    has ended. A single run is an action, not a resource: call `task/run_once`.
    """

    _kind = "Task"
    _wire_names = {
        "workspace_id": "workspaceId",
        "orchestration_id": "orchestrationId",
        "name": "name",
        "schedule": "schedule",
        "arguments": "arguments",
        "debug": "debug",
        "run_timeout": "runTimeout",
        "paused": "paused",
        "timeout": "timeout",
        "delete_adopted": "deleteAdopted",
        "adopted": "adopted",
        "task_id": "taskId",
        "status": "status",
    }
    _shapes = {}
    _secrets = ()
    _from_id = {"taskId": str}
    _autonamed = None

    def __init__(
        self,
        resource_name: str,
        *,
        workspace_id: pulumi.Input[int],
        orchestration_id: pulumi.Input[str],
        name: pulumi.Input[str],
        schedule: pulumi.Input[str] | None = None,
        arguments: pulumi.Input[Mapping[str, Any]] | None = None,
        debug: pulumi.Input[bool] = False,
        run_timeout: pulumi.Input[int] | None = None,
        paused: pulumi.Input[bool] = False,
        timeout: pulumi.Input[float] | None = None,
        delete_adopted: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a Task.

        :param workspace_id: The workspace: the `workspace_id` of a Workspace (changing it replaces the
            object).
        :param orchestration_id: The orchestration: the `orchestration_id` of an Orchestration (changing
            it replaces the object).
        :param name: The task's name (changing it replaces the object).
        :param schedule: When it runs, in cron's five fields: `0 4 * * *`. Without it, the task runs
            until killed (changing it replaces the object).
        :param arguments: Arguments of the code: any JSON object (changing it replaces the object).
        :param debug: Whether the instance runs it with debugging enabled (changing it replaces the
            object).
        :param run_timeout: The most seconds for a run of a scheduled task (changing it replaces the
            object; stored in the state only, not on the instance).
        :param paused: Whether the task is paused.
        :param timeout: Seconds to wait for its start, pause or end. Default: 300 (stored in the state
            only, not on the instance).
        :param delete_adopted: Whether deleting the resource removes an object that existed before it and
            was adopted. By default such an object stays, with its original roles, rights and activity
            (stored in the state only, not on the instance).
        """
        super().__init__(
            resource_name,
            {
                "workspace_id": workspace_id,
                "orchestration_id": orchestration_id,
                "name": name,
                "schedule": schedule,
                "arguments": arguments,
                "debug": debug,
                "run_timeout": run_timeout,
                "paused": paused,
                "timeout": timeout,
                "delete_adopted": delete_adopted,
            },
            opts,
        )

    @classmethod
    def get(
        cls, resource_name: str, id: pulumi.Input[str | int], opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Read a Task by its id: the task's id, a UUID."""
        return cls._read(resource_name, id, opts)

    @property
    @pulumi.getter(name="workspaceId")
    def workspace_id(self) -> pulumi.Output[int]:
        """The workspace: the `workspace_id` of a Workspace."""
        return self._output("workspaceId")

    @property
    @pulumi.getter(name="orchestrationId")
    def orchestration_id(self) -> pulumi.Output[str | None]:
        """The orchestration."""
        return self._output("orchestrationId")

    @property
    @pulumi.getter(name="name")
    def name(self) -> pulumi.Output[str | None]:
        """The task's name."""
        return self._output("name")

    @property
    @pulumi.getter(name="schedule")
    def schedule(self) -> pulumi.Output[str | None]:
        """When it runs, in cron's five fields: `0 4 * * *`. Without it, the task runs until killed."""
        return self._output("schedule")

    @property
    def arguments(self) -> pulumi.Output[Mapping[str, Any] | None]:
        """Arguments of the code: any JSON object."""
        return self._python_output("arguments")

    @property
    @pulumi.getter(name="debug")
    def debug(self) -> pulumi.Output[bool]:
        """Whether the instance runs it with debugging enabled."""
        return self._output("debug")

    @property
    @pulumi.getter(name="runTimeout")
    def run_timeout(self) -> pulumi.Output[int | None]:
        """The most seconds for a run of a scheduled task."""
        return self._output("runTimeout")

    @property
    @pulumi.getter(name="paused")
    def paused(self) -> pulumi.Output[bool]:
        """Whether the task is paused."""
        return self._output("paused")

    @property
    @pulumi.getter(name="timeout")
    def timeout(self) -> pulumi.Output[float | None]:
        """Seconds to wait for its start, pause or end. Default: 300."""
        return self._output("timeout")

    @property
    @pulumi.getter(name="deleteAdopted")
    def delete_adopted(self) -> pulumi.Output[bool]:
        """Whether deleting the resource removes an object that existed before it and was adopted. By
        default such an object stays, with its original roles, rights and activity."""
        return self._output("deleteAdopted")

    @property
    @pulumi.getter(name="adopted")
    def adopted(self) -> pulumi.Output[bool]:
        """Whether the object existed before the resource, which adopted it."""
        return self._output("adopted")

    @property
    @pulumi.getter(name="taskId")
    def task_id(self) -> pulumi.Output[str]:
        """The task's id, a UUID."""
        return self._output("taskId")

    @property
    @pulumi.getter(name="status")
    def status(self) -> pulumi.Output[str]:
        """The last observed status: `started`, `paused`, `crash_loop` …"""
        return self._output("status")
