"""The Trainer with our batches, losses and checkpoints: what happens within and around every optimizer step."""

from __future__ import annotations

import errno
import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyclinic.artifacts import is_full
from polyclinic.errors import UserError, WorkStopped
from polyclinic.progress import Progress
from polyclinic.train import checkpoints, processes, sharding, step_watch
from polyclinic.train.batches import IGNORED
from polyclinic.train.held_out import held_out_figures, keep_best, save_best
from polyclinic.train.noise import NoisePlace
from polyclinic.train.settings import OptimizerSettings
from polyclinic.train.shared_batches import Part, SharedBatches
from polyclinic.train.tracking import Trackers
from polyclinic.train.training_log import GrowingFile, TrainingLog

if TYPE_CHECKING:
    import torch

    from polyclinic.train.trainer_run import Phase


class Steps:
    """The state of a phase between two optimizer steps, and what is done when one ends."""

    def __init__(
        self,
        phase: Phase,
        settings: OptimizerSettings,
        log: TrainingLog,
        progress: Progress,
        steps: int,
        folder: Path,
        shared: SharedBatches,
        growing: GrowingFile | None,
        trackers: Trackers,
    ) -> None:
        """Begin where `log` ends."""
        self.phase, self.settings, self.log, self.progress = phase, settings, log, progress
        self.steps, self.folder, self.shared, self.growing = steps, folder, shared, growing
        self.trackers, self.noise = trackers, NoisePlace()
        self.losses: list[torch.Tensor] = []  # of each part of the step, as they were handed to backward
        self.parts: list[Part] = []
        self.tokens = 0
        self.gradient_norm: Any = 0.0
        self.learning_rate = 0.0
        self.trainer: Any = None
        for entry in log.entries(settings.log_every):
            trackers.log(entry)

    def finish(self, step: int) -> None:
        """Note a step that has just been taken, over all processes; raises UserError when its loss has gone wrong."""
        import torch

        values = torch.stack([*self.losses, torch.as_tensor(self.gradient_norm, device=self.losses[0].device)])
        *losses, norm = values.float().tolist()  # the one moment the processor waits for the device
        total, tokens = processes.sums([sum(losses), self.tokens])
        loss = total / processes.count()
        keys = [part.keys for part in self.parts]
        if not (math.isfinite(loss) and math.isfinite(norm)):
            _, rows = step_watch.worst_batch(losses, keys)
            raise UserError(self.not_a_number(step, step_watch.named(rows, self.phase.names)))
        if step_watch.is_spike(loss, self.log.losses, self.settings.stop_at_spike):
            _, rows = step_watch.worst_batch(losses, keys)
            records = step_watch.named(rows, self.phase.names)
            usual = self.log.final_loss(step_watch.STEPS_BEFORE)
            raise UserError(step_watch.spike(self.phase.name, step, loss, usual, records, self.kept()))
        epoch = self.phase.batches.epochs * step / self.steps
        self.log.add(loss, self.learning_rate, epoch, int(tokens), norm)
        self.losses, self.parts, self.tokens = [], [], 0

    def not_a_number(self, step: int, records: str) -> str:
        """Return the message for a loss that is no number."""
        return step_watch.not_a_number(self.phase.name, step, records, self.kept())

    def kept(self) -> str:
        """Say which checkpoint there is to go on from."""
        found = checkpoints.last_complete(self.folder)
        if found is None:
            return "nothing was written yet"
        return f"the checkpoint of step {found.name.partition('-')[2]} is kept, and the same settings go on from it"

    def look(self, step: int) -> bool:
        """Measure the held-out loss when it is due; says whether the training is over."""
        held_out = self.phase.held_out
        if held_out is None or (step % held_out.every and step != self.steps):
            return False
        found = self.trainer.held_out_figures()
        self.log.held_out[step] = found.pop("loss")
        if found:
            self.log.figures[step] = found
        if self.log.best_step == step and held_out.keep == "best" and step != self.steps:
            save_best(self.trainer.model, self.folder, step, processes.is_first())
        return held_out.is_over(self.log)

    def callback(self) -> Any:
        """Return what the Trainer calls when a step begins to change the weights and when it has ended."""
        from transformers import TrainerCallback

        class StepEnds(TrainerCallback):  # type: ignore[misc]
            def on_pre_optimizer_step(_, args: Any, state: Any, control: Any, **given: Any) -> None:
                self.learning_rate = given["optimizer"].param_groups[0]["lr"]

            def on_step_end(_, args: Any, state: Any, control: Any, **given: Any) -> Any:
                step = state.global_step
                self.finish(step)
                over = self.look(step)
                speed = self.log.tokens_per_second()
                note = f"loss {self.log.final_loss(self.settings.log_every):.3f}, {speed:,.0f} tokens/s"
                if self.log.held_out:
                    note += f", held out {list(self.log.held_out.values())[-1]:.3f}"
                self.progress.advance(1, note)
                for entry in self.growing.write() if self.growing is not None else ():
                    self.trackers.log(entry)
                due = step % self.settings.checkpoint_every == 0 and step < self.steps
                control.should_save = due or (self.phase.keep_final and (over or step == self.steps))
                control.should_training_stop = control.should_training_stop or over
                return control

        return StepEnds()


def planned_trainer(base: Any, state: Steps, *, sharded: bool) -> Any:
    """Return `base` as a trainer that takes our batches, notes its losses and marks its checkpoints."""
    phase = state.phase

    class Planned(base):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            state.trainer = self
            if sharded:
                sharding.spread(self.model, state.settings.precision)
            if phase.reference is not None:
                for name in ("train_dataset", "eval_dataset"):
                    if getattr(self, name) is not None:
                        setattr(self, name, with_reference(self, phase, getattr(self, name)))
            if phase.row_losses is not None:
                self.loss_is_scaled_for_ga = True

        def get_train_dataloader(self) -> Any:
            from torch.utils.data import DataLoader

            return DataLoader(
                Taken(self.train_dataset),  # type: ignore[arg-type]
                batch_sampler=state.shared,  # type: ignore[arg-type]
                collate_fn=lambda taken: collated(taken, self.data_collator, phase.pad_token),
                pin_memory=self.args.dataloader_pin_memory,
            )

        def training_step(self, model: Any, inputs: dict[str, Any], *given: Any, **named: Any) -> Any:
            self.part = inputs.pop("part")
            state.tokens += inputs.pop("tokens")
            state.noise.step, state.noise.row = self.part.step, self.part.row
            state.noise.rows = len(self.part.keys)
            loss = super().training_step(model, inputs, *given, **named)
            state.losses.append(loss)
            state.parts.append(self.part)
            return loss

        def compute_loss(self, model: Any, inputs: dict[str, Any], *given: Any, **named: Any) -> Any:
            if phase.row_losses is None:
                return super().compute_loss(model, inputs, *given, **named)
            losses = phase.row_losses(model, inputs)
            # Gradients are averaged over the processes, so what is divided by is the rows that one has of a step.
            return losses.sum() * (self.part.counts * processes.count() / self.part.rows_of_step)

        def held_out_figures(self) -> dict[str, float]:
            assert phase.held_out is not None
            return held_out_figures(self, phase.held_out)

        def _get_grad_norm(self, *given: Any, **named: Any) -> Any:
            norm = super()._get_grad_norm(*given, **named)
            state.gradient_norm = sharding.whole_tensor(norm)
            return norm

        def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
            if not sharded:
                super().save_model(output_dir, _internal_call)
            elif self.args.should_save:
                Path(str(output_dir)).mkdir(parents=True, exist_ok=True)

        def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
            if sharded:
                processes.wait()  # for the folder
                sharding.save_parts(Path(output_dir), self.model, self.optimizer.optimizer)
                if self.args.should_save:
                    import torch

                    torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / "scheduler.pt")
            else:
                super()._save_optimizer_and_scheduler(output_dir)

        def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
            if not sharded:
                self._check_layout(Path(resume_from_checkpoint))
                super()._load_from_checkpoint(resume_from_checkpoint, model)

        def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
            if sharded and checkpoint is not None:
                import torch

                sharding.load_parts(Path(checkpoint), self.model, self.optimizer.optimizer)
                self.lr_scheduler.load_state_dict(torch.load(Path(checkpoint) / "scheduler.pt", weights_only=True))
            else:
                super()._load_optimizer_and_scheduler(checkpoint)

        def _check_layout(self, checkpoint: Path) -> None:
            if (checkpoint / sharding.PARTS).is_dir():
                raise UserError(f"sharding: {checkpoint} was written with sharding: full; go on with it")

        def load_weights(self, checkpoint: str) -> None:
            if sharded:
                self.create_optimizer()
                sharding.load_parts(Path(checkpoint), self.model, self.optimizer)
            else:
                self._load_from_checkpoint(checkpoint)

        def _save_checkpoint(self, *given: Any, **named: Any) -> None:
            checkpoint = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
            try:
                super()._save_checkpoint(*given, **named)
                processes.wait()
                if self.args.should_save:
                    state.log.save(checkpoint)
                    checkpoints.mark_complete(checkpoint)
            except Exception as error:
                if not is_full(checkpoint.parent, error):
                    raise
                shutil.rmtree(checkpoint, ignore_errors=True)
                raise WorkStopped(
                    f"{os.strerror(errno.ENOSPC)}: the checkpoint of step {self.state.global_step} could not be "
                    f"written to {checkpoint.parent}; {state.kept()}. Free some space, or set checkpoint_every higher"
                ) from error
            if self.args.should_save:
                checkpoints.keep_only(checkpoint.parent, checkpoint)
                keep_best(checkpoint.parent, state.log.best_step)
            processes.wait()

        def _prepare_dataset(self, data_set: Any, *given: Any, **named: Any) -> Any:
            return data_set  # TRL's preparation; the rows are ready

        def _precompute_ref_logps(self, dataset: Any, name: str, batch_size: int) -> Any:
            return dataset  # done below, since TRL's own keeps them in a file that other processes do not find

        def create_model_card(self, *given: Any, **named: Any) -> None:
            """Write none: the artifact has its own."""

    return Planned


class Taken:
    """A data set asked for a part of a batch at once."""

    def __init__(self, data_set: Any) -> None:
        """Wrap the data set of a phase."""
        self.data_set = data_set

    def __len__(self) -> int:
        return len(self.data_set)

    def __getitems__(self, part: Part) -> tuple[Part, list[Any]]:
        """Return a part with its rows."""
        return part, [self.data_set[key] for key in part.keys]


def collated(taken: Any, collate: Any, pad_token: int) -> dict[str, Any]:
    """Return the tensors of a part, with the part itself and how many tokens it has."""
    part, rows = taken
    batch: dict[str, Any] = dict(collate(rows))
    mask = batch.get("attention_mask")
    tokens = int((batch["input_ids"] != pad_token).sum() if mask is None else mask.sum())
    if not part.counts and "labels" in batch:
        batch["labels"].fill_(IGNORED)
    return batch | {"part": part, "tokens": tokens * part.counts}


def with_reference(trainer: Any, phase: Phase, data_set: Any) -> Any:
    """Return the rows with what the model says of them before it is trained; each process takes its share."""
    import torch

    assert phase.reference is not None
    batch_size = phase.batches.batch_size
    batches = [range(start, min(start + batch_size, len(data_set))) for start in range(0, len(data_set), batch_size)]
    mine: dict[int, dict[str, list[float]]] = {}
    trainer.model.eval()
    for start in range(0, len(batches), processes.count()):
        place = min(start + processes.rank(), len(batches) - 1)
        batch = trainer._prepare_inputs(dict(trainer.data_collator([data_set[i] for i in batches[place]])))
        with torch.no_grad(), trainer.accelerator.autocast():
            said = phase.reference(trainer.model, batch)
        mine[place] = {name: tensor.float().tolist() for name, tensor in said.items()}
    sharding.take_apart(trainer.model)
    found = {place: values for one in processes.gathered(mine) for place, values in one.items()}
    for name in found[0]:
        data_set = data_set.add_column(name, [value for place in sorted(found) for value in found[place][name]])
    return data_set
