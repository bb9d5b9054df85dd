using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>Reads some bins of a cell.</summary>
/// <param name="cell">The cell.</param>
/// <param name="first">The first bin.</param>
/// <param name="values">Receives as many as it has room for.</param>
internal delegate void CellReader(ScanCell cell, int first, Span<float> values);
