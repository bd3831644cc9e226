"""Where PLACE meets ComfyUI: only the files of this folder touch the host's internals.

How a layout reaches the attention of the UNet:

1. ``conditioning``: the prompt encoder puts a ``LayoutCond`` into the conditioning, under
   ``model_conds``, where the host carries it through batching, areas, context windows and several
   positives.
2. ``patching``: ``PrepareLayouts`` runs around each prediction. It tells the layouts the size of
   the latent, gives conditionings without a layout a neutral one (else the host would run the two
   halves of CFG as two calls), and removes all of them while fusion is off. ``FuseInUNet`` runs
   around each UNet call and computes α, once for all layers.
3. ``attention``: ``FusedCrossAttention`` stands in for each cross-attention and does Eq. 4.
4. ``recording``, where it was asked for: a ``Recorder`` around the sampling keeps what the layers
   fuse for chosen words at chosen steps.

``loading`` and ``sampling`` are the host's loaders and samplers, as PLACE needs them;
``small_models`` builds the host's models in sizes that its own loader does not know; ``tokenizing``
is the host's tokenizer alone; ``copies`` looks for a second copy of the pack.
"""
