namespace XrdCt.Live.Model.Guidance;

/// <summary>Whether the coarse scan may stop.</summary>
/// <param name="MayStop">Whether it may.</param>
/// <param name="Sentence">Why, or what is missing.</param>
public sealed record StopAdvice(bool MayStop, string Sentence);
