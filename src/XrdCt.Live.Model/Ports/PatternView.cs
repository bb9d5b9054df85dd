namespace XrdCt.Live.Model.Ports;

/// <summary>The newest and the mean pattern.</summary>
/// <param name="FrameIndex">Frame of the current pattern.</param>
/// <param name="Current">Current intensity, counts; NaN in empty bins.</param>
/// <param name="Mean">Mean intensity over the frames so far, counts; NaN in empty bins.</param>
public sealed record PatternView(int FrameIndex, float[] Current, float[] Mean);
