namespace XrdCt.Live.Model.Scans;

/// <summary>One position of a scan.</summary>
/// <param name="Rotation">Index of the rotation angle, from 0, in order of angle (not of time).</param>
/// <param name="Translation">Index of the translation, from 0, in order of position (not of time).</param>
public readonly record struct ScanCell(int Rotation, int Translation);
