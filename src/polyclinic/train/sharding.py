"""FSDP2: each process holds a part of every weight, gradient and optimizer state, for models that do not fit whole.

The layers are put together on the device one after the other when they are needed (torch's `fully_shard`). The model
itself stays on the processor; what is trained is a copy in parts, and its weights come back at the end.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.errors import UserError
from polyclinic.train import processes

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

PARTS = "parts"  # folder of a checkpoint with every process's part


@contextmanager
def sharded_copy(model: PreTrainedModel) -> Iterator[PreTrainedModel]:
    """Give a copy of the model that `spread` may take apart; at the end its weights are copied back.

    Raises UserError when there is only one process.
    """
    import torch
    from transformers.distributed import DistributedConfig

    if processes.count() == 1:
        raise UserError("sharding: full needs several processes; start them with --launch torchrun:N")
    processes.wait()  # the processes know one another from here on
    made = copy.deepcopy(model)
    # The Trainer then leaves placement and gradients to the model, and does not wrap it once more.
    adapted = getattr(made, "get_base_model", None)
    base = made if adapted is None else adapted()
    base._is_distributed_loading_by_transformers = True
    base.config.distributed_config = DistributedConfig(fsdp_size=processes.count())
    yield made
    with torch.no_grad():
        for (name, whole), (same, part) in zip(model.named_parameters(), made.named_parameters(), strict=True):
            if name != same:
                raise RuntimeError(f"{same} stands in the place of {name}")
            whole.copy_(whole_tensor(part))


def spread(model: PreTrainedModel, precision: str) -> None:
    """Leave every process a part of each weight, on its device; bfloat16 is what the layers compute in."""
    import torch
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    mesh = init_device_mesh("cuda" if torch.cuda.is_available() else "cpu", (processes.count(),))
    half = precision == "bfloat16"
    policy = MixedPrecisionPolicy(torch.bfloat16, torch.float32) if half else MixedPrecisionPolicy()
    for layer in _layers(model):
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)


def take_apart(model: Any) -> None:
    """Let go of what a forward pass without a backward pass has put together; does nothing to other models."""
    reshard = getattr(model, "reshard", None)
    if reshard is not None:
        reshard()


def whole_tensor(parameter: torch.Tensor) -> torch.Tensor:
    """Return a parameter whole, whether it is spread over the processes or not; all processes call it."""
    gathered = getattr(parameter, "full_tensor", None)
    found: torch.Tensor = gathered() if gathered is not None else parameter
    return found.detach()


def save_parts(checkpoint: Path, model: Any, optimizer: Any) -> None:
    """Write this process's part of weights and optimizer into a checkpoint."""
    from torch.distributed.checkpoint.state_dict import get_state_dict
    from torch.distributed.checkpoint.state_dict_saver import save

    weights, states = get_state_dict(model, optimizer)
    save({"model": weights, "optimizer": states}, checkpoint_id=checkpoint / PARTS)


def load_parts(checkpoint: Path, model: Any, optimizer: Any) -> None:
    """Read weights and optimizer of a checkpoint, whatever the number of processes that wrote it.

    Raises UserError when it was written without sharding.
    """
    from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
    from torch.distributed.checkpoint.state_dict_loader import load

    if not (checkpoint / PARTS).is_dir():
        raise UserError(f"sharding: {checkpoint} was written without; go on with sharding: none")
    weights, states = get_state_dict(model, optimizer)
    load({"model": weights, "optimizer": states}, checkpoint_id=checkpoint / PARTS)
    set_state_dict(model, optimizer, model_state_dict=weights, optim_state_dict=states)


def _layers(model: PreTrainedModel) -> list[torch.nn.Module]:
    """Return the repeated layers of a model: the longest list of modules in it."""
    import torch

    lists = [list(module) for module in model.modules() if isinstance(module, torch.nn.ModuleList)]
    return max(lists, key=len) if lists else []
