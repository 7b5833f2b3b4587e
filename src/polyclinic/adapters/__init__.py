"""MedCare's layers (Liao et al., Findings of EMNLP 2024) on stock PEFT layers: knowledge, noise, aligner.

In comes a model; out comes the same model with low-rank matrices beside its projections, or a folder with a standard
LoRA in it. Each part is a file: `projections` finds the layers, `knowledge` and `noise` are stage 1, `aligner` puts a
second LoRA beside the knowledge, `orthogonality` keeps the two apart, `low_rank`, `parts`, `noise_folder` write and
read, `published` reads the layout of the published code, `difference` takes what a model has learnt as an adapter.
"""
