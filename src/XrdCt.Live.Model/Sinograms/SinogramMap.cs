namespace XrdCt.Live.Model.Sinograms;

/// <summary>The sinogram of one live channel, [rotation, translation] row-major; unmeasured cells are NaN.</summary>
/// <param name="Channel">Name of the live channel.</param>
/// <param name="RotationCount">Rows.</param>
/// <param name="TranslationCount">Columns.</param>
/// <param name="Values">Values, length <c>RotationCount · TranslationCount</c>.</param>
public sealed record SinogramMap(string Channel, int RotationCount, int TranslationCount, float[] Values);
